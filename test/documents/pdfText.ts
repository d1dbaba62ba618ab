// Reads back what an uncompressed PDF of ours shows: each run of text with its place, page by page. It knows
// only what pdfkit writes (one Tm and one TJ per run, hexadecimal glyphs, a ToUnicode map per font).

export interface Run {
  readonly text: string;
  readonly left: number;
  readonly right: number;
  readonly y: number;
}

interface Font {
  readonly letters: readonly string[];
  readonly widths: readonly number[];
}

/** The runs of each page, in the order of the pages. */
export function pagesOf(pdf: Buffer): Run[][] {
  const objects = new Map<string, string>();
  for (const [, id = '', body = ''] of pdf.toString('latin1').matchAll(/^(\d+) 0 obj\n(.*?)\nendobj/gms)) {
    objects.set(id, body);
  }
  const object = (id: string | undefined) => objects.get(id ?? '') ?? '';
  const kids = /\/Kids \[(.*?)\]/.exec(
    [...objects.values()].find((body) => body.includes('/Type /Pages')) ?? '',
  );
  return [...(kids?.[1] ?? '').matchAll(/(\d+) 0 R/g)].map(([, id]) => {
    const page = object(id);
    const resources = object(/\/Resources (\d+)/.exec(page)?.[1]);
    const fonts = new Map<string, Font>();
    for (const [, name = '', font] of resources.matchAll(/\/(F\d+) (\d+) 0 R/g)) {
      fonts.set(name, fontOf(object(font), object));
    }
    return runsOf(object(/\/Contents (\d+)/.exec(page)?.[1]), fonts);
  });
}

/** The text of each page: runs that touch are joined, others on one line are kept apart by a bar. */
export function textOf(pdf: Buffer): string[] {
  return pagesOf(pdf).map((runs) => {
    const lines = new Map<number, Run[]>();
    for (const run of runs) {
      const line = [...lines.keys()].find((y) => Math.abs(y - run.y) < 0.5) ?? run.y;
      lines.set(line, [...(lines.get(line) ?? []), run]);
    }
    return [...lines.entries()]
      .sort(([a], [b]) => b - a)
      .map(([, line]) => joined(line))
      .join('\n');
  });
}

function joined(line: Run[]): string {
  let text = '';
  let right = Number.NEGATIVE_INFINITY;
  for (const run of [...line].sort((a, b) => a.left - b.left)) {
    text += run.left - right < 1 || text === '' ? run.text : ` | ${run.text}`;
    right = run.right;
  }
  return text.replaceAll('\u00a0', ' ').replaceAll(/ +/g, ' ').trim();
}

function fontOf(font: string, object: (id: string | undefined) => string): Font {
  const map = object(/\/ToUnicode (\d+)/.exec(font)?.[1]);
  const letters: string[] = [];
  for (const [, from = '', list = ''] of map.matchAll(/<(\w{4})> <\w{4}> \[(.*?)\]/g)) {
    for (const [index, [, hex = '']] of [...list.matchAll(/<([\w ]+)>/g)].entries()) {
      letters[Number.parseInt(from, 16) + index] = Buffer.from(hex.replaceAll(' ', ''), 'hex')
        .swap16()
        .toString('utf16le');
    }
  }
  const descendant = object(/\/DescendantFonts \[(\d+)/.exec(font)?.[1]);
  const widths = (/\/W \[0 \[(.*?)\]\]/s.exec(descendant)?.[1] ?? '').trim().split(/\s+/).map(Number);
  return { letters, widths };
}

function runsOf(content: string, fonts: ReadonlyMap<string, Font>): Run[] {
  const shown = /1 0 0 1 ([\d.-]+) ([\d.-]+) Tm\n\/(F\d+) ([\d.]+) Tf\n\[(.*?)\] TJ/gs;
  return [...content.matchAll(shown)].map(([, x = '', y = '', name = '', size = '', glyphs = '']) => {
    const font = fonts.get(name);
    if (font === undefined) throw new RangeError(`no font ${name} on the page`);
    let text = '';
    let units = 0;
    for (const [, hex, kern] of glyphs.matchAll(/<(\w+)>|(-?[\d.]+)/g)) {
      units -= Number(kern ?? 0);
      for (const [glyph] of (hex ?? '').matchAll(/\w{4}/g)) {
        text += font.letters[Number.parseInt(glyph, 16)] ?? '\ufffd';
        units += font.widths[Number.parseInt(glyph, 16)] ?? 0;
      }
    }
    return { text, left: Number(x), right: Number(x) + (units * Number(size)) / 1000, y: Number(y) };
  });
}
