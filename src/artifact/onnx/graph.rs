//! Appends operators to a graph; each gives one value, which goes by the operator's name.

use crate::artifact::onnx::proto::{
    ATTRIBUTE_FLOAT, ATTRIBUTE_INT, ATTRIBUTE_INTS, AttributeProto, DimensionProto, FLOAT, GraphProto, INT64,
    NodeProto, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto, ValueInfoProto,
};

/// A graph on its way.
#[derive(Default)]
pub struct Graph {
    proto: GraphProto,
}

impl Graph {
    /// An input or output of these sizes, for any number of images at once.
    fn value(name: &str, sizes: &[usize]) -> ValueInfoProto {
        let batch = DimensionProto { dim_value: None, dim_param: Some("N".into()) };
        let fixed = sizes.iter().map(|size| DimensionProto { dim_value: Some(*size as i64), dim_param: None });
        let shape = Some(TensorShapeProto { dim: [batch].into_iter().chain(fixed).collect() });
        let tensor_type = Some(TensorTypeProto { elem_type: FLOAT, shape });
        ValueInfoProto { name: name.into(), r#type: Some(TypeProto { tensor_type }) }
    }

    /// What the caller gives: `[N, sizes…]`.
    pub fn input(&mut self, name: &str, sizes: &[usize]) {
        self.proto.input.push(Self::value(name, sizes));
    }

    /// What the caller gets: `[N, sizes…]`.
    pub fn output(&mut self, name: &str, sizes: &[usize]) {
        self.proto.output.push(Self::value(name, sizes));
    }

    /// A weight, row-major; without sizes it is one number. Gives its name.
    pub fn weight(&mut self, name: &str, sizes: &[usize], values: &[f32]) -> String {
        let raw_data = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let dims = sizes.iter().map(|size| *size as i64).collect();
        self.proto.initializer.push(TensorProto { dims, data_type: FLOAT, name: name.into(), raw_data });
        name.into()
    }

    /// Whole numbers. Gives their name.
    pub fn whole(&mut self, name: &str, sizes: &[usize], values: &[usize]) -> String {
        let raw_data = values.iter().flat_map(|value| (*value as i64).to_le_bytes()).collect();
        let dims = sizes.iter().map(|size| *size as i64).collect();
        self.proto.initializer.push(TensorProto { dims, data_type: INT64, name: name.into(), raw_data });
        name.into()
    }

    /// A number under a name that several operators may share.
    pub fn number(&mut self, name: &str, value: f32) -> String {
        match self.proto.initializer.iter().any(|weight| weight.name == name) {
            true => name.into(),
            false => self.weight(name, &[], &[value]),
        }
    }

    /// An operator. Gives the value's name, which is `name`.
    pub fn push(&mut self, op_type: &str, name: &str, inputs: &[&str], attributes: Vec<AttributeProto>) -> String {
        let [value] = self.push_with(op_type, name, inputs, [name], attributes);
        value
    }

    /// An operator that gives several values. Gives their names.
    pub fn push_with<const N: usize>(
        &mut self,
        op_type: &str,
        name: &str,
        inputs: &[&str],
        outputs: [&str; N],
        attributes: Vec<AttributeProto>,
    ) -> [String; N] {
        let output = outputs.map(String::from);
        self.proto.node.push(NodeProto {
            input: inputs.iter().map(|input| input.to_string()).collect(),
            output: output.to_vec(),
            name: name.into(),
            op_type: op_type.into(),
            attribute: attributes,
        });
        output
    }

    /// The whole graph.
    pub fn finish(self, name: &str) -> GraphProto {
        GraphProto { name: name.into(), ..self.proto }
    }
}

/// A whole number as a setting.
pub fn int(name: &str, value: usize) -> AttributeProto {
    AttributeProto { name: name.into(), i: Some(value as i64), r#type: ATTRIBUTE_INT, ..AttributeProto::default() }
}

/// Whole numbers as a setting.
pub fn ints(name: &str, values: &[usize]) -> AttributeProto {
    let ints = values.iter().map(|value| *value as i64).collect();
    AttributeProto { name: name.into(), ints, r#type: ATTRIBUTE_INTS, ..AttributeProto::default() }
}

/// A number as a setting.
pub fn float(name: &str, value: f32) -> AttributeProto {
    AttributeProto { name: name.into(), f: Some(value), r#type: ATTRIBUTE_FLOAT, ..AttributeProto::default() }
}
