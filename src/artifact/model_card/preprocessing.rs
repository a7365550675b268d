//! What the network wants of a picture, in words.

use crate::artifact::model_card::Preprocessing;
use crate::image::Fit;

impl Preprocessing {
    /// For people.
    pub(super) fn words(&self) -> String {
        let Self { mean, std, .. } = self;
        format!(
            "## What it wants of a picture\n\nTurned upright (EXIF), transparency on white, RGB. {},\n\
            then `(pixel − mean) / std` with mean {mean:?} and std {std:?} of pixels 0 to 255. NCHW, float32.",
            self.fitted(),
        )
    }

    fn fitted(&self) -> String {
        let Self { input_size, crop_pct, interpolation, fit, fill, .. } = self;
        let how = format!("Pillow's antialiased {}", format!("{interpolation:?}").to_lowercase());
        let padded = format!("to {input_size} pixels ({how}), in the middle of a square of the colour {fill:?}");
        match fit {
            Fit::Crop => {
                let short = (*input_size as f32 / crop_pct).round();
                format!("Short side to {short} pixels ({how}), the central {input_size} × {input_size} cut out")
            }
            Fit::Pad => format!("The whole picture, its long side {padded}"),
            Fit::Region(region) => {
                let [left, top, width, height] = region.shares();
                format!(
                    "Of the picture the part that begins at {left} of its width and {top} of its height\n\
                    and has {width} of its width and {height} of its height, its long side {padded}"
                )
            }
        }
    }
}
