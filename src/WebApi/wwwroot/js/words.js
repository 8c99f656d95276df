// The words that the page offers.

export const GENRES = ['jazz', 'classical', 'rock', 'electronic', 'ambient', 'folk', 'blues', 'country', 'reggae',
  'hip-hop', 'pop', 'metal', 'orchestral', 'piano', 'acoustic', 'instrumental'];

export const MOODS = ['happy', 'sad', 'energetic', 'calm', 'dramatic', 'peaceful', 'melancholic', 'uplifting',
  'mysterious', 'romantic', 'epic', 'nostalgic', 'playful', 'intense', 'serene', 'triumphant'];

export const KEYS = ['C', 'C#', 'D', 'Eb', 'E', 'F', 'F#', 'G', 'Ab', 'A', 'Bb', 'B']
  .flatMap((tonic) => [`${tonic} major`, `${tonic} minor`]);

/** A short name for the chip, and the sentence that it writes. */
export const SUGGESTIONS = [
  ['Rain on the window', 'Calm piano in the rain, slow and warm, 72 bpm, D minor'],
  ['Night drive', 'Driving synthwave on an empty motorway at night, steady drums, 110 bpm'],
  ['Terrace in Lisbon', 'Playful bossa nova with nylon guitar and soft brushes on a summer terrace'],
  ['First light', 'Slow orchestral strings at dawn that swell, open up and come to rest'],
  ['Smoky corner', 'Late-night jazz trio, walking bass, brushed drums and a wandering piano'],
  ['Deep water', 'Ambient pads over deep water, wide and serene, hardly any rhythm'],
  ['Small lullaby', 'A tender music-box lullaby, very quiet, in 3/4'],
  ['Last lap', 'Energetic rock with a driving bass line, bright and triumphant, 150 bpm'],
  ['Dusty road', 'Acoustic folk guitar on a dusty road, nostalgic but hopeful'],
  ['Old cassette', 'Lo-fi hip-hop beat with mellow keys, nostalgic, 80 bpm'],
  ['Lost temple', 'Mysterious slow drums and a low flute in a lost temple, E minor'],
  ['Sunday blues', 'Slow blues in A with an electric guitar that takes its time'],
];
