//! A backbone as data: operations in order, with the names and shapes of their weights.
//!
//! Executors run a plan, folding rewrites it, import checks a file against it, `summary` prints it. Shapes are
//! those of one image, NHWC without the N. A plan does not hold weights and does not compute.

use serde::Serialize;

/// Height, width and channels of one value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
    /// Channels.
    pub channels: usize,
}

impl Shape {
    /// Numbers in a value of this shape.
    pub fn len(self) -> usize {
        self.height * self.width * self.channels
    }

    /// True where a side or the channels are 0; no plan has such a value.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}

/// A value of a plan: 0 is the input, `i + 1` what operation `i` gives.
pub type Value = usize;

/// Rows and columns of zeros around an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Padding {
    /// Rows above.
    pub top: usize,
    /// Rows below.
    pub bottom: usize,
    /// Columns to the left.
    pub left: usize,
    /// Columns to the right.
    pub right: usize,
}

/// A square window that slides over an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Side of the window.
    pub kernel: usize,
    /// Step in both directions.
    pub stride: usize,
    /// Zeros around the input.
    pub padding: Padding,
}

impl Window {
    /// TensorFlow's SAME: `ceil(size / stride)` outputs; the odd row and column of zeros go below and to the right.
    pub fn same(input: Shape, kernel: usize, stride: usize) -> Self {
        let around = |size: usize| {
            let total = ((size.div_ceil(stride) - 1) * stride + kernel).saturating_sub(size);
            (total / 2, total - total / 2)
        };
        let ((top, bottom), (left, right)) = (around(input.height), around(input.width));
        Self { kernel, stride, padding: Padding { top, bottom, left, right } }
    }

    /// As many zeros on each side as keep the size at stride 1, whatever the stride is: PyTorch's `padding=(k − 1) / 2`.
    pub fn centered(kernel: usize, stride: usize) -> Self {
        let around = (kernel - 1) / 2;
        Self { kernel, stride, padding: Padding { top: around, bottom: around, left: around, right: around } }
    }

    /// Height and width of the output, `channels` as they come.
    pub fn output(&self, input: Shape, channels: usize) -> Shape {
        let Padding { top, bottom, left, right } = self.padding;
        Shape {
            height: (input.height + top + bottom - self.kernel) / self.stride + 1,
            width: (input.width + left + right - self.kernel) / self.stride + 1,
            channels,
        }
    }
}

/// An activation function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activation {
    /// `max(x, 0)`
    Relu,
    /// `min(max(x, 0), 6)`
    Relu6,
}

/// Names of a BatchNorm layer's weights, each `f32 [channels]`.
#[derive(Clone, Debug, PartialEq)]
pub struct BatchNorm {
    /// Scale (gamma).
    pub weight: String,
    /// Shift (beta).
    pub bias: String,
    /// Stored mean.
    pub running_mean: String,
    /// Stored variance.
    pub running_var: String,
    /// Added to the variance. Keras uses 1e-3, PyTorch 1e-5; it belongs to the weights.
    pub epsilon: f32,
}

/// What follows a convolution in the same pass: `activation(convolution + bias + residual)`.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Epilogue {
    /// Name of the bias, `f32 [channels]`.
    pub bias: Option<String>,
    /// A value of the same shape that is added.
    pub residual: Option<Value>,
    /// Applied last.
    pub activation: Option<Activation>,
}

/// What an operation does. Weights have PyTorch's layout.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Convolution over all channels; weight `[out, in, kernel, kernel]`.
    Conv(Window, String, Epilogue),
    /// Convolution of each channel by itself; weight `[channels, 1, kernel, kernel]`.
    Depthwise(Window, String, Epilogue),
    /// Normalisation with stored or batch statistics.
    BatchNorm(BatchNorm),
    /// An activation on its own.
    Activation(Activation),
    /// Adds another value of the same shape.
    Add(Value),
    /// Largest number of each channel in the part of the window that lies on the input: zeros around it never win.
    MaxPool(Window),
    /// Mean over height and width: the feature row.
    GlobalAvgPool,
}

/// One operation.
#[derive(Clone, Debug, PartialEq)]
pub struct Op {
    /// The layer's name, as the weights' names start.
    pub name: String,
    /// What it reads.
    pub input: Value,
    /// What it does.
    pub kind: Kind,
    /// Shape of what it gives.
    pub output: Shape,
}

/// Operations in order. The last one gives the feature row.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// Name of the backbone.
    pub name: String,
    /// Shape of one input image.
    pub input: Shape,
    /// In the order in which they run.
    pub ops: Vec<Op>,
}

/// Name and shape of a weight, and what `summary` says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// Key in the weights' file.
    pub name: String,
    /// Sizes in PyTorch's order.
    pub shape: Vec<usize>,
}

/// One line of `summary`, as Keras prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SummaryRow {
    /// The layer's name.
    pub name: String,
    /// The layer's kind.
    pub r#type: String,
    /// Sizes of one output; the batch is not among them.
    pub output_shape: Vec<usize>,
    /// Numbers in its weights.
    pub parameters: usize,
    /// Whether training changes them.
    pub trainable: bool,
}

impl Plan {
    /// Shape of a value.
    pub fn shape(&self, value: Value) -> Shape {
        value.checked_sub(1).and_then(|i| self.ops.get(i)).map_or(self.input, |op| op.output)
    }

    /// Width of the feature row.
    pub fn num_features(&self) -> usize {
        self.ops.last().map_or(self.input.channels, |op| op.output.channels)
    }

    /// The last feature map: what the global pool at the end averages; `None` where a plan ends otherwise.
    pub fn feature_map(&self) -> Option<Value> {
        self.ops.last().filter(|op| op.kind == Kind::GlobalAvgPool).map(|op| op.input)
    }

    /// How many operations read a value.
    pub fn readers(&self, value: Value) -> usize {
        let reads = |op: &&Op| op.input == value || op.residual() == Some(value);
        self.ops.iter().filter(reads).count()
    }

    /// The values that operation `at` reads and no later one does: an executor frees them after it.
    pub fn last_read_by(&self, at: usize) -> impl Iterator<Item = Value> {
        let (done, later) = (&self.ops[at], &self.ops[at + 1..]);
        let reads = |op: &Op, value: Value| op.input == value || op.residual() == Some(value);
        let read = [Some(done.input), done.residual()].into_iter().flatten();
        read.filter(move |value| !later.iter().any(|op| reads(op, *value)))
    }

    /// Each weight that the plan names, in order.
    pub fn parameters(&self) -> Vec<Parameter> {
        self.ops.iter().flat_map(|op| op.parameters(self.shape(op.input).channels)).collect()
    }

    /// Numbers that no training changes, thawed or not: BatchNorm's stored statistics.
    pub fn statistics(&self) -> usize {
        let norms = self.ops.iter().filter(|op| matches!(op.kind, Kind::BatchNorm(_)));
        norms.map(|op| 2 * op.output.channels).sum()
    }

    /// One row an operation; all of them frozen.
    pub fn summary(&self) -> Vec<SummaryRow> {
        let row = |op: &Op| SummaryRow {
            name: op.name.clone(),
            r#type: op.keras_type().into(),
            output_shape: match op.kind {
                Kind::GlobalAvgPool => vec![op.output.channels],
                _ => vec![op.output.height, op.output.width, op.output.channels],
            },
            parameters: op
                .parameters(self.shape(op.input).channels)
                .iter()
                .map(|p| p.shape.iter().product::<usize>())
                .sum(),
            trainable: false,
        };
        self.ops.iter().map(row).collect()
    }
}

impl Op {
    /// The second value that the operation reads.
    pub fn residual(&self) -> Option<Value> {
        match &self.kind {
            Kind::Add(other) => Some(*other),
            Kind::Conv(_, _, epilogue) | Kind::Depthwise(_, _, epilogue) => epilogue.residual,
            _ => None,
        }
    }

    fn keras_type(&self) -> &'static str {
        match self.kind {
            Kind::Conv(..) => "Conv2D",
            Kind::Depthwise(..) => "DepthwiseConv2D",
            Kind::BatchNorm(_) => "BatchNormalization",
            Kind::Activation(_) => "ReLU",
            Kind::Add(_) => "Add",
            Kind::MaxPool(_) => "MaxPooling2D",
            Kind::GlobalAvgPool => "GlobalAveragePooling2D",
        }
    }

    fn parameters(&self, channels_in: usize) -> Vec<Parameter> {
        let channels = self.output.channels;
        let named = |name: &String, shape: Vec<usize>| Parameter { name: name.clone(), shape };
        let convolution = |window: &Window, weight: &String, per_filter: usize, epilogue: &Epilogue| {
            let kernel = named(weight, vec![channels, per_filter, window.kernel, window.kernel]);
            [kernel].into_iter().chain(epilogue.bias.iter().map(|bias| named(bias, vec![channels]))).collect()
        };
        match &self.kind {
            Kind::Conv(window, weight, epilogue) => convolution(window, weight, channels_in, epilogue),
            Kind::Depthwise(window, weight, epilogue) => convolution(window, weight, 1, epilogue),
            Kind::BatchNorm(norm) => [&norm.weight, &norm.bias, &norm.running_mean, &norm.running_var]
                .map(|name| named(name, vec![channels]))
                .into(),
            Kind::Activation(_) | Kind::Add(_) | Kind::MaxPool(_) | Kind::GlobalAvgPool => vec![],
        }
    }
}
