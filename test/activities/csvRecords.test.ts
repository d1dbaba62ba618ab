import { describe, expect, test } from '@jest/globals';
import { csvRecords } from '../../activities/intake/csvRecords.js';

describe('a record of a CSV file', () => {
  const read = async (pieces: string[]) => {
    const found: unknown[] = [];
    const text = (async function* () {
      yield* pieces;
    })();
    for await (const batch of csvRecords(text, ',')) {
      for (const record of batch)
        found.push('fields' in record ? [record.line, ...record.fields] : [record.line, record.reason]);
    }
    return found;
  };
  const unclosed = 'a quote opens a field and nothing closes it within 65536 characters';

  test.each([
    [
      'a plain line',
      'a,b\n1,2\n',
      [
        [1, 'a', 'b'],
        [2, '1', '2'],
      ],
    ],
    [
      'no line end at the end',
      'a\n1',
      [
        [1, 'a'],
        [2, '1'],
      ],
    ],
    [
      'lines of Windows',
      'a,b\r\n1,2\r\n',
      [
        [1, 'a', 'b'],
        [2, '1', '2'],
      ],
    ],
    ['a byte order mark', '\uFEFFa,b\n', [[1, 'a', 'b']]],
    ['a byte order mark before a quote', '\uFEFF"a",b\n', [[1, 'a', 'b']]],
    [
      'empty lines',
      'a\n\n\r\n1\n',
      [
        [1, 'a'],
        [4, '1'],
      ],
    ],
    [
      'line breaks in quotes',
      '"x\ny",2\n3,4\n',
      [
        [1, 'x\ny', '2'],
        [3, '3', '4'],
      ],
    ],
    [
      'line breaks of Windows in quotes',
      'a\r\n"x\r\ny"\r\n2\r\n',
      [
        [1, 'a'],
        [2, 'x\r\ny'],
        [4, '2'],
      ],
    ],
    ['quotes in quotes', '"say ""hi""",""\n', [[1, 'say "hi"', '']]],
    [
      'a quote that is never closed',
      'a\n"2\n3\n4',
      [
        [1, 'a'],
        [2, unclosed],
        [3, '3'],
        [4, '4'],
      ],
    ],
    [
      'text behind a closing quote',
      '"1"2\n3\n',
      [
        [1, 'a quoted field goes on after its closing quote'],
        [2, '3'],
      ],
    ],
    [
      'a quote inside a field',
      '5" pipe,1\n3,4\n',
      [
        [1, 'a quote stands in a field that does not begin with one'],
        [2, '3', '4'],
      ],
    ],
    ['only a delimiter', ',\n', [[1, '', '']]],
    ['nothing', '', []],
  ])('%s', async (_name, text, expected) => {
    expect(await read([text])).toEqual(expected);
    expect(await read([...text])).toEqual(expected); // One character at a time: wherever a chunk may end.
  });

  test('a line longer than any row is refused alone', async () => {
    const found = await read(['a\n', 'x'.repeat(70_000), 'x\n', '2\n']);
    expect(found).toEqual([
      [1, 'a'],
      [2, 'the row has more than 65536 characters'],
      [3, '2'],
    ]);
  });
});
