//! Writes a [`Plan`] layer by layer: what each backbone family's file is made of.

use crate::backbone::plan::{Activation, BatchNorm, Epilogue, Kind, Op, Plan, Shape, Value, Window};

/// Appends operations to a plan; each reads what the last one gave.
pub struct Builder {
    plan: Plan,
    epsilon: f32,
}

impl Builder {
    /// An empty plan for square RGB images. `epsilon` is that of all BatchNorm layers.
    pub fn new(name: &str, input_size: usize, epsilon: f32) -> Self {
        let input = Shape { height: input_size, width: input_size, channels: 3 };
        Self { plan: Plan { name: name.into(), input, ops: Vec::new() }, epsilon }
    }

    /// The value that the next operation will read.
    pub fn value(&self) -> Value {
        self.plan.ops.len()
    }

    /// Shape of that value.
    pub fn shape(&self) -> Shape {
        self.plan.shape(self.value())
    }

    /// Convolution with SAME padding and without bias; the weight is `{name}.weight`.
    pub fn conv(&mut self, name: &str, channels: usize, kernel: usize, stride: usize) -> &mut Self {
        let window = Window::same(self.shape(), kernel, stride);
        let output = window.output(self.shape(), channels);
        self.push(name, Kind::Conv(window, format!("{name}.weight"), Epilogue::default()), output)
    }

    /// Depthwise convolution with SAME padding and without bias; the weight is `{name}.weight`.
    pub fn depthwise(&mut self, name: &str, kernel: usize, stride: usize) -> &mut Self {
        let window = Window::same(self.shape(), kernel, stride);
        let output = window.output(self.shape(), self.shape().channels);
        self.push(name, Kind::Depthwise(window, format!("{name}.weight"), Epilogue::default()), output)
    }

    /// BatchNorm with PyTorch's names: `weight`, `bias`, `running_mean`, `running_var`.
    pub fn batch_norm(&mut self, name: &str) -> &mut Self {
        let part = |part: &str| format!("{name}.{part}");
        let norm = BatchNorm {
            weight: part("weight"),
            bias: part("bias"),
            running_mean: part("running_mean"),
            running_var: part("running_var"),
            epsilon: self.epsilon,
        };
        self.push(name, Kind::BatchNorm(norm), self.shape())
    }

    /// `min(max(x, 0), 6)`
    pub fn relu6(&mut self, name: &str) -> &mut Self {
        self.push(name, Kind::Activation(Activation::Relu6), self.shape())
    }

    /// Adds an earlier value of the same shape.
    pub fn add(&mut self, name: &str, other: Value) -> &mut Self {
        self.push(name, Kind::Add(other), self.shape())
    }

    /// Ends the plan with the mean over height and width.
    pub fn global_avg_pool(mut self, name: &str) -> Plan {
        let output = Shape { height: 1, width: 1, channels: self.shape().channels };
        self.push(name, Kind::GlobalAvgPool, output);
        self.plan
    }

    fn push(&mut self, name: &str, kind: Kind, output: Shape) -> &mut Self {
        let input = self.value();
        self.plan.ops.push(Op { name: name.into(), input, kind, output });
        self
    }
}
