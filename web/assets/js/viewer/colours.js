// @ts-check
// Shapes are drawn in the colours of the theme: they are given as references, so that they follow it.
export const COLOURS = {
  defaultFillColor: "var(--gc-sheet)",
  defaultStrokeColor: "var(--gc-ink-3)",
  defaultLabelColor: "var(--gc-ink)",
};
