//! Writes a [`Plan`] layer by layer: what each backbone family's file is made of.

use crate::backbone::plan::{Activation, BatchNorm, Epilogue, Kind, Op, Plan, Shape, Value, Window};

/// Appends operations to a plan; each reads what the last one gave.
pub struct Builder {
    plan: Plan,
    epsilon: f32,
    centered: bool,
    biased: bool,
    /// What the next operation reads; the last one's value where it is not told.
    at: Option<Value>,
}

impl Builder {
    /// An empty plan for square RGB images. `epsilon` is that of all BatchNorm layers.
    pub fn new(name: &str, input_size: usize, epsilon: f32) -> Self {
        let input = Shape { height: input_size, width: input_size, channels: 3 };
        let plan = Plan { name: name.into(), input, ops: Vec::new() };
        Self { plan, epsilon, centered: false, biased: false, at: None }
    }

    /// Windows are padded as PyTorch does, not as TensorFlow's SAME: see [`Window::centered`].
    pub fn centered(self) -> Self {
        Self { centered: true, ..self }
    }

    /// Convolutions have a bias, `{name}.bias`.
    pub fn biased(self) -> Self {
        Self { biased: true, ..self }
    }

    /// Goes back: the next operation reads `value`.
    pub fn branch(&mut self, value: Value) -> &mut Self {
        self.at = Some(value);
        self
    }

    /// The value that the next operation will read.
    pub fn value(&self) -> Value {
        self.at.unwrap_or(self.plan.ops.len())
    }

    /// Shape of that value.
    pub fn shape(&self) -> Shape {
        self.plan.shape(self.value())
    }

    /// Convolution over all channels; the weight is `{name}.weight`.
    pub fn conv(&mut self, name: &str, channels: usize, kernel: usize, stride: usize) -> &mut Self {
        let window = self.window(kernel, stride);
        let output = window.output(self.shape(), channels);
        let epilogue = Epilogue { bias: self.biased.then(|| format!("{name}.bias")), ..Epilogue::default() };
        self.push(name, Kind::Conv(window, format!("{name}.weight"), epilogue), output)
    }

    /// Depthwise convolution without bias; the weight is `{name}.weight`.
    pub fn depthwise(&mut self, name: &str, kernel: usize, stride: usize) -> &mut Self {
        let window = self.window(kernel, stride);
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

    /// `max(x, 0)`
    pub fn relu(&mut self, name: &str) -> &mut Self {
        self.push(name, Kind::Activation(Activation::Relu), self.shape())
    }

    /// The largest number of each window.
    pub fn max_pool(&mut self, name: &str, kernel: usize, stride: usize) -> &mut Self {
        let window = self.window(kernel, stride);
        self.push(name, Kind::MaxPool(window), window.output(self.shape(), self.shape().channels))
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

    fn window(&self, kernel: usize, stride: usize) -> Window {
        match self.centered {
            true => Window::centered(kernel, stride),
            false => Window::same(self.shape(), kernel, stride),
        }
    }

    fn push(&mut self, name: &str, kind: Kind, output: Shape) -> &mut Self {
        let input = self.value();
        self.at = None;
        self.plan.ops.push(Op { name: name.into(), input, kind, output });
        self
    }
}
