//! Which images make a batch.

/// The batches of a shuffle: by seed and its number alone. Only the last is smaller; were it a single image, whose
/// variance says nothing, it joins the one before.
pub fn batches(images: &[usize], batch_size: usize, seed: u64, shuffle: usize) -> Vec<Vec<usize>> {
    let mut shuffled = images.to_vec();
    let seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(shuffle as u64);
    fastrand::Rng::with_seed(seed).shuffle(&mut shuffled);
    whole(&shuffled, batch_size)
}

/// Batches in the order given; see [`batches`] for the last.
pub fn whole(images: &[usize], batch_size: usize) -> Vec<Vec<usize>> {
    let mut batches: Vec<Vec<usize>> = images.chunks(batch_size.max(1)).map(<[usize]>::to_vec).collect();
    if batch_size > 1
        && batches.len() > 1
        && let Some(alone) = batches.pop_if(|last| last.len() == 1)
        && let Some(last) = batches.last_mut()
    {
        last.extend(alone);
    }
    batches
}
