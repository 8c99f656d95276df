// Each piece's picture: a ring that its sound draws, in colours that its seed picks. The same piece, the same picture.

const PALETTES = [
  ['#0e5d4b', '#8fdcc0', '#f2b552'], ['#1d3f66', '#9cc8ef', '#f3c98b'], ['#5a2d4f', '#e7b3d3', '#f2b552'],
  ['#6e3b1d', '#f2c49b', '#a9d8c4'], ['#2f4a1e', '#c6dc9a', '#f0a878'], ['#3b3470', '#c2bdf0', '#8fdcc0'],
  ['#70303a', '#f3b5b0', '#f1d58a'], ['#134a57', '#93d7e0', '#f4a98c'],
];

/** A well-spread 32-bit number of a text (FNV-1a). */
function hash(text) {
  let value = 2166136261;
  for (const char of text) value = Math.imul(value ^ char.codePointAt(0), 16777619);
  return value >>> 0;
}

/**
 * Draws the picture. Before there is sound the ring is a still circle.
 * @param {HTMLCanvasElement} canvas a square one
 * @param {string} seed what picks colours and turn
 * @param {Array<[number, number]>} peaks the outline, may be empty
 */
export function paint(canvas, seed, peaks) {
  const size = 176;
  canvas.width = size;
  canvas.height = size;
  const context = canvas.getContext('2d');
  const key = hash(seed);
  const [ground, ring, spark] = PALETTES[key % PALETTES.length];
  context.fillStyle = ground;
  context.fillRect(0, 0, size, size);
  context.translate(size / 2, size / 2);
  context.rotate(((key >>> 8) % 360) * Math.PI / 180);
  context.lineCap = 'round';

  const spokes = 60;
  const inner = size * 0.17;
  const room = size * 0.27;
  const loudest = Math.max(0.05, ...peaks.map(([low, high]) => Math.max(-low, high)));
  for (let spoke = 0; spoke < spokes; spoke++) {
    const from = Math.floor((spoke / spokes) * peaks.length);
    const to = Math.floor(((spoke + 1) / spokes) * peaks.length);
    const part = peaks.slice(from, Math.max(from + 1, to));
    const mean = part.reduce((sum, [low, high]) => sum + (high - low) / 2, 0) / Math.max(1, part.length);
    const reach = peaks.length === 0 ? 0.12 : Math.min(1, mean / loudest);
    context.strokeStyle = spoke % 15 === (key >>> 4) % 15 ? spark : ring;
    context.lineWidth = size * 0.021;
    context.beginPath();
    context.moveTo(0, -inner);
    context.lineTo(0, -(inner + 2 + room * reach));
    context.stroke();
    context.rotate((2 * Math.PI) / spokes);
  }
  context.fillStyle = spark;
  context.beginPath();
  context.arc(0, 0, size * 0.045, 0, 2 * Math.PI);
  context.fill();
}
