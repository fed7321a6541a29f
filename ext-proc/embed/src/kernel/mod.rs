//! The inner loops that a CPU's vector extensions speed up, each with the same meaning on every CPU, and the choice among
//! them. Must not know the model.

#[cfg(target_arch = "x86_64")]
#[allow(
    unsafe_code,
    reason = "entering code compiled for a CPU feature is unsafe; a token proves that the feature was detected"
)]
mod avx2;
mod portable;
#[cfg(target_arch = "x86_64")]
#[allow(
    unsafe_code,
    reason = "entering code compiled for a CPU feature is unsafe, even for one that every x86-64 CPU has"
)]
mod sse2;

#[cfg(target_arch = "x86_64")]
pub(crate) use avx2::Avx2;
pub(crate) use portable::Portable;
#[cfg(target_arch = "x86_64")]
pub(crate) use sse2::Sse2;

/// Two neighbouring inputs: what one multiply-add instruction takes.
pub(crate) type Pair = [i16; 2];

/// How many outputs a panel of weights computes together.
pub(crate) const PANEL: usize = 16;

/// The weights of [`PANEL`] outputs for one [`Pair`] of inputs: eight outputs in each half, each output's two weights together.
/// It is one line of a CPU's cache, lest every other load touch two.
#[derive(Clone, Copy, Debug, Default)]
#[repr(align(64))]
pub(crate) struct Step(pub(crate) [[i16; PANEL]; 2]);

/// How many rows a kernel multiplies in one go: as many as fill the tiles of AVX2 (four rows) and of SSE2 (three).
pub(crate) const ROWS: usize = 12;

/// Some rows of inputs, at most [`ROWS`].
#[derive(Clone, Copy)]
pub(crate) struct Rows<'a, const PAIRS: usize> {
    pub(crate) pairs: &'a [[Pair; PAIRS]],
    /// [`crossed`] of each row.
    pub(crate) crossed: &'a [i32],
}

/// A panel of weights.
#[derive(Clone, Copy)]
pub(crate) struct Panel<'a, const PAIRS: usize> {
    pub(crate) steps: &'a [Step; PAIRS],
    /// [`crossed`] of each output's weights.
    pub(crate) crossed: &'a [i32; PANEL],
    /// Whether it has not been multiplied with just now, so that it has to come from far off.
    pub(crate) cold: bool,
}

/// The sum of the products of each odd pair with the pair after it, modulo 2³². See `avx2` for its use.
#[inline(always)]
pub(crate) fn crossed(pairs: &[Pair]) -> i32 {
    let mut sum = 0_i32;
    for [[a, b], [c, d]] in pairs.as_chunks::<2>().0 {
        let product = i32::from(*a) * i32::from(*c) + i32::from(*b) * i32::from(*d);
        sum = sum.wrapping_add(product);
    }
    sum
}

/// How many rows a [`Tile`] has: with more, its sums would not fit into the registers of AVX2.
pub(crate) const TILE_ROWS: usize = 6;

/// Some rows by sixteen columns of a product.
pub(crate) type Tile = [[f32; 16]; TILE_ROWS];

/// One way to compute the inner loops.
pub(crate) trait Kernel: Copy {
    /// Whether `f32::mul_add` is one instruction. Where it is not, it is a slow library call.
    const FMA: bool;

    /// Runs `job` compiled for this CPU.
    fn run<J: Job>(self, job: J) -> J::Output;

    /// `sums[r][c] = Σ rows[r][k] · panel[k][c]`, exact: the weights' scale keeps the sums inside `i32`, and the sum of an input
    /// and a weight inside `i16` (see `linear`).
    fn products<const PAIRS: usize>(
        self,
        rows: Rows<'_, PAIRS>,
        panel: Panel<'_, PAIRS>,
        sums: &mut [[i32; PANEL]; ROWS],
    );

    /// `out[c] = sums[c] · (row_scale · scales[c]) + bias[c]`, each step rounded.
    fn unscale(
        self,
        sums: &[i32; PANEL],
        row_scale: f32,
        scales: &[f32; PANEL],
        bias: &[f32; PANEL],
    ) -> [f32; PANEL];

    /// `out[r][c] = Σ a[r][k] · b[k][c]`, as far as `b` and the shortest row of `a` reach.
    fn float_tile(self, a: [&[f32]; TILE_ROWS], b: &[[f32; 16]]) -> Tile;
}

/// What [`Kernel::run`] runs. A trait and not a closure, because only a method can be told to be inlined into code that is
/// compiled for other CPU features.
pub(crate) trait Job {
    type Output;
    fn run<K: Kernel>(self, kernel: K) -> Self::Output;
}

/// The kernels that this CPU may use.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Kernels {
    Portable(Portable),
    #[cfg(target_arch = "x86_64")]
    Sse2(Sse2),
    #[cfg(target_arch = "x86_64")]
    Avx2(Avx2),
}

impl Kernels {
    /// All that this CPU has, the fastest first.
    pub(crate) fn available() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let fast = Avx2::detect()
            .map(Self::Avx2)
            .into_iter()
            .chain([Self::Sse2(Sse2)]);
        #[cfg(not(target_arch = "x86_64"))]
        let fast = std::iter::empty();
        fast.chain([Self::Portable(Portable)])
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Portable(_) => "portable",
            #[cfg(target_arch = "x86_64")]
            Self::Sse2(_) => "sse2",
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(_) => "avx2",
        }
    }

    pub(crate) fn run<J: Job>(self, job: J) -> J::Output {
        match self {
            Self::Portable(kernel) => kernel.run(job),
            #[cfg(target_arch = "x86_64")]
            Self::Sse2(kernel) => kernel.run(job),
            #[cfg(target_arch = "x86_64")]
            Self::Avx2(kernel) => kernel.run(job),
        }
    }
}

/// `a · b + c`, rounded once where that is one instruction.
#[inline(always)]
pub(crate) fn mul_add<K: Kernel>(a: f32, b: f32, c: f32) -> f32 {
    if K::FMA { a.mul_add(b, c) } else { a * b + c }
}
