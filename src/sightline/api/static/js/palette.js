// One colour per class, after Okabe and Ito (2008), lightened to stand out on dark streets under a dark rim.
// Eleven classes cannot all differ for every eye: the word beside the box always says which it is.

const COLOURS = {
  car: "#56b4e9",
  van: "#8fa8ff",
  truck: "#f0a020",
  bus: "#f2e14c",
  motorcycle: "#ff7a3d",
  bicycle: "#21c994",
  scooter: "#a5e065",
  pedestrian: "#ee8fc4",
  vehicle: "#a9cbe4",
  rider: "#7ad9c4",
  unknown: "#c8ced6",
};

export function colourOf(label) { return COLOURS[label] ?? COLOURS.unknown; }
export const CLASS_ORDER = Object.keys(COLOURS);
