// Decides how much room a number needs on paper, before layout: so no amount breaks, overlaps or leaves the
// page. Only numbers: their signs have known widths, and Roboto's digits are all equally wide.

/** Advance widths of Roboto Regular in 2048ths of the font size; a digit has 1151. */
const ADVANCE: Readonly<Record<string, number>> = {
  '.': 540,
  ',': 403,
  '\u00a0': 510,
  '%': 1502,
  '\u2212': 1171,
};
/** The widest capital of a currency code, and what a sign nobody measured is taken for. */
const WIDEST = 1400;

/** Width of a number in points, a percent sign or currency included. */
export function widthOf(text: string, fontSize: number): number {
  let units = 0;
  for (const sign of text) units += ADVANCE[sign] ?? (/[0-9]/.test(sign) ? 1151 : WIDEST);
  return (units * fontSize) / 2048;
}

/** Width in whole points of the widest of some numbers. */
export function widestOf(texts: readonly string[], fontSize: number): number {
  return Math.ceil(Math.max(0, ...texts.map((text) => widthOf(text, fontSize)))) + 1;
}
