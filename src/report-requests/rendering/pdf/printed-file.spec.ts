import { PrintedFile } from './printed-file';

/** A file as Chromium writes it, of objects in any order. */
function fileOf(objects: [number, string][], size = objects.length + 1): Buffer {
  let text = '%PDF-1.4\n%\xd3\xeb\xe9\xe1\n';
  const offsets = new Map<number, number>();
  for (const [number, body] of objects) {
    offsets.set(number, text.length);
    text += `${number} 0 obj\n${body}\nendobj\n`;
  }
  const entries = Array.from({ length: size - 1 }, (_, index) => {
    const offset = offsets.get(index + 1);
    return offset === undefined ? '0000000000 65535 f \n' : `${String(offset).padStart(10, '0')} 00000 n \n`;
  });
  const table = text.length;
  text += `xref\n0 ${size}\n0000000000 65535 f \n${entries.join('')}`;
  text += `trailer\n<</Size ${size}\n/Root 2 0 R\n/Info 1 0 R>>\nstartxref\n${table}\n%%EOF\n`;
  return Buffer.from(text, 'latin1');
}

const INFORMATION: [number, string] = [1, '<</Title (x)>>'];
const CATALOG: [number, string] = [2, '<</Type /Catalog>>'];

describe('a printed file', () => {
  it('gives its objects as they are, in whatever order they lie', () => {
    const tricky = '(endobj stream\nendstream) tj';
    const stream = `<</Length ${tricky.length}>> stream\n${tricky}\nendstream`;
    const file = PrintedFile.read(fileOf([[3, stream], CATALOG, [4, '[1 0 R (stream)]'], INFORMATION]));
    expect([file.root, file.information, file.size]).toEqual([2, 1, 5]);
    const objects = file.objects();
    expect(objects.map(({ number, isStream }) => [number, isStream])).toEqual([
      [3, true],
      [2, false],
      [4, false],
      [1, false],
    ]);
    expect(objects.map(({ bytes }) => bytes.toString('latin1').trim())).toEqual([
      stream,
      '<</Type /Catalog>>',
      '[1 0 R (stream)]',
      '<</Title (x)>>',
    ]);
  });

  it('gives one dictionary without reading the others', () => {
    const file = PrintedFile.read(fileOf([[3, '(not an object'], CATALOG, INFORMATION], 5));
    expect(file.dictionary(2).toString()).toBe('<</Type /Catalog>>\n');
    for (const missing of [0, 4]) expect(() => file.dictionary(missing)).toThrow(/printed file/);
  });

  it('may have numbers that are not used', () => {
    const file = PrintedFile.read(fileOf([INFORMATION, CATALOG, [4, 'null']], 5));
    expect(file.objects().map(({ number }) => number)).toEqual([1, 2, 4]);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['no PDF', Buffer.from('<html>')],
    ['half a file', fileOf([INFORMATION, CATALOG]).subarray(0, 60)],
    [
      'a table at another place',
      Buffer.from(
        fileOf([INFORMATION, CATALOG])
          .toString('latin1')
          .replace(/startxref\n\d+/, 'startxref\n1'),
        'latin1',
      ),
    ],
    [
      'an object without its frame',
      Buffer.from(fileOf([INFORMATION, CATALOG]).toString('latin1').replace('2 0 obj', '2 0 Obj'), 'latin1'),
    ],
  ])('is refused when it is %s', (_, file) => {
    expect(() => PrintedFile.read(file).objects()).toThrow(/printed file/);
  });
});
