//! The one error type. Its texts say what happened, to which file or value, and what to do; programs use [`Error::code`].

mod code;
mod file;

/// Everything that can go wrong.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Error {
    /// A file without content.
    #[error("“{file}” is empty (0 bytes). Copy or download it again.")]
    EmptyFile {
        /// The file.
        file: String,
    },
    /// Text, a page, a film: anything but a picture.
    #[error("“{file}” is not an image. Choose a JPEG, PNG, WebP, GIF or BMP file.")]
    NotAnImage {
        /// The file.
        file: String,
    },
    /// A picture of a kind that is not read.
    #[error(
        "“{file}” is an image of a kind that can't be read here ({format}). Save it as JPEG or PNG and add it again."
    )]
    UnsupportedFormat {
        /// The file.
        file: String,
        /// Its kind: "HEIC".
        format: String,
    },
    /// The end is missing.
    #[error("“{file}” is cut off: its end is missing. Copy or download it again.")]
    Truncated {
        /// The file.
        file: String,
    },
    /// The content contradicts itself.
    #[error("“{file}” is damaged ({reason}). Copy or download it again, or save it anew as JPEG or PNG.")]
    Damaged {
        /// The file.
        file: String,
        /// What the decoder met.
        reason: String,
    },
    /// More than [`MAX_FILE_BYTES`](crate::image::MAX_FILE_BYTES).
    #[error("“{file}” is too large: {megabytes} MB, and at most 64 MB are read. Save it smaller.")]
    TooLarge {
        /// The file.
        file: String,
        /// Its size, in 1024² bytes.
        megabytes: usize,
    },
    /// More than [`MAX_PIXELS`](crate::image::MAX_PIXELS), by the header.
    #[error("“{file}” has {width} × {height} pixels, and at most 50 megapixels are read. Save it smaller.")]
    TooManyPixels {
        /// The file.
        file: String,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// A side under [`MIN_SIDE_PX`](crate::image::MIN_SIDE_PX).
    #[error(
        "“{file}” is too small to learn from: {width} × {height} pixels, and each side needs 8. Choose a larger image."
    )]
    TooSmall {
        /// The file.
        file: String,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// One side more than [`MAX_ASPECT`](crate::image::MAX_ASPECT) times the other.
    #[error(
        "“{file}” is too narrow: {width} × {height} pixels, and one side may be 20 times the other. Cut out the part that matters."
    )]
    TooNarrow {
        /// The file.
        file: String,
        /// Pixels across.
        width: u32,
        /// Pixels down.
        height: u32,
    },
    /// Another backbone file than the one that belongs to the name.
    #[error(
        "The weights file “{file}” is not the one expected: its SHA-256 is {found}, and should be {expected}. Run ./build.sh again, or fetch the file again."
    )]
    WeightsAltered {
        /// The file.
        file: String,
        /// The hash on record.
        expected: String,
        /// The hash of what came.
        found: String,
    },
    /// A weights file that does not fit.
    #[error("The weights file “{file}” can't be used ({reason}). Choose the file that belongs to this network.")]
    WeightsInvalid {
        /// The file.
        file: String,
        /// What does not fit.
        reason: String,
    },
    /// A weights file whose names fit no network.
    #[error("“{file}” holds no network that headstart knows. Known are: {known}.")]
    UnknownNetwork {
        /// The file.
        file: String,
        /// Those there are.
        known: String,
    },
    /// Pixels of another size than the backbone's input.
    #[error("The network takes {expected} bytes of pixels, and got {found}. Prepare the image for this network first.")]
    WrongPixels {
        /// `input_size · input_size · 3`
        expected: usize,
        /// The length given.
        found: usize,
    },
    /// Neither the centre, nor the whole picture, nor a region inside it.
    #[error(
        "“{found}” says not what to take of an image. Choose crop, pad, or region:LEFT,TOP,WIDTH,HEIGHT in shares of its sides, inside the image."
    )]
    WrongFit {
        /// What was given.
        found: String,
    },
    /// Classes that can be told by their fit.
    #[error(
        "The network sees the images of “{class}” and “{other}” in different ways (centre, whole image, region), so it could learn the way in place of the class. Choose the same for all classes."
    )]
    MixedFits {
        /// A class.
        class: String,
        /// One whose images are mostly fitted otherwise.
        other: String,
    },
    /// A batch whose statistics say nothing.
    #[error(
        "BatchNorm can't take its statistics from a batch of one image: at layer “{layer}” its variance says nothing of other images. Choose a batch size of 2 or more, or stored statistics."
    )]
    BatchOfOne {
        /// The first layer that can't.
        layer: String,
    },
    /// BatchNorm statistics of another network.
    #[error("BatchNorm statistics of {found} channels were given, and the network has {expected}. Compute them again.")]
    WrongStatistics {
        /// Channels of all BatchNorm layers.
        expected: usize,
        /// Those given.
        found: usize,
    },
    /// Feature rows that are not those asked for.
    #[error("Feature rows of {found} numbers came where {expected} were asked for. Start the lab again.")]
    WrongRows {
        /// Images × features.
        expected: usize,
        /// Numbers given.
        found: usize,
    },
    /// A name that is no backbone.
    #[error("There is no backbone “{name}”. Known are: {known}.")]
    UnknownBackbone {
        /// The name given.
        name: String,
        /// Those there are.
        known: String,
    },
    /// A head that reads the features of another network.
    #[error(
        "“{file}” is a head for {theirs}, and the network in use is {ours}. Take that network first, then open the file again."
    )]
    OtherBackbone {
        /// The file.
        file: String,
        /// The head's network.
        theirs: String,
        /// The network in use.
        ours: String,
    },
    /// A kind of file that can't be written.
    #[error("A model can't be saved as {kind:?}. Choose bundle, onnx, head-onnx, safetensors, tfjs or pytorch.")]
    UnknownExport {
        /// The kind asked for.
        kind: String,
    },
    /// Fewer than two classes to train on.
    #[error("Training needs 2 classes with images, there is {found}. Add a class, or images to an empty one.")]
    TooFewClasses {
        /// Classes with pictures.
        found: usize,
    },
    /// A class that can't stand on both sides of the split.
    #[error(
        "The class “{class}” has {found} image, and needs 2: one to learn from, one to validate on. Add images or remove the class."
    )]
    TooFewImages {
        /// The class.
        class: String,
        /// Its different files.
        found: usize,
    },
    /// Nothing left to validate on.
    #[error("No image is left for validation. Choose a larger share for it, or add images.")]
    EmptyValidation,
    /// A number of folds that can't be.
    #[error("{images} images can't be parted into {folds} folds. Choose from 2 folds to as many as there are images.")]
    WrongFolds {
        /// The number asked for.
        folds: usize,
        /// Different files.
        images: usize,
    },
    /// A number that an option does not take.
    #[error("{name} is {value}, but it takes a number from {least} to {most}.")]
    WrongOption {
        /// Of the option.
        name: String,
        /// What it was given.
        value: f64,
        /// What it takes.
        least: f64,
        /// What it takes.
        most: f64,
    },
    /// Nearest neighbours, asked to learn from images.
    #[error(
        "Nearest neighbours compare finished features and learn nothing step by step, so they can't be trained on images. Choose features as input, or another head."
    )]
    NeighborsOnImages,
    /// Nearest neighbours, asked to learn from changed views.
    #[error(
        "Nearest neighbours compare images as they are, so changed views (augmentation) are of no use to them. Switch augmentation off, or choose another head."
    )]
    NeighborsWithViews,
    /// Nearest neighbours as a layers model.
    #[error(
        "A layers model of TensorFlow.js can't hold nearest neighbours: it has no layer that looks for the nearest rows. Take the ONNX model, or train another head."
    )]
    NeighborsInLayers,
    /// The class has the file already.
    #[error("“{file}” is the same image as “{other}”, which this class has already. It was left out.")]
    Duplicate {
        /// The file.
        file: String,
        /// Its twin.
        other: String,
    },
    /// One file in two classes.
    #[error(
        "“{file}” in “{label}” is the same image as “{other}” in “{other_label}”: one image, two labels. Remove one of them."
    )]
    TwoLabels {
        /// The file.
        file: String,
        /// Its class.
        label: String,
        /// Its twin.
        other: String,
        /// The twin's class.
        other_label: String,
    },
    /// No device, or a lost one.
    #[error("The graphics device can't be used ({reason}). Go on with the CPU, or reload the page.")]
    NoDevice {
        /// What the driver said.
        reason: String,
    },
    /// Nothing trained yet.
    #[error("There is no trained model yet. Train first.")]
    NoModel,
    /// Nothing is set aside.
    #[error("No images are set aside as a test set. Choose a share first.")]
    NoTestSet,
    /// Its result is there.
    #[error(
        "The test set was opened before, and its result is kept. Only new images can give another untouched number."
    )]
    TestSetOpened,
    /// The head was trained before they were set aside.
    #[error("The head has seen {0} of the images that are set aside. Train again, then open the test set.")]
    TestSetSeen(usize),
    /// The loss is no longer a number.
    #[error("Training broke down in epoch {epoch}: the loss is no longer a number. Choose a smaller learning rate.")]
    Diverged {
        /// From 1.
        epoch: usize,
    },
}
