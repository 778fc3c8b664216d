import fc from 'fast-check';
import { majorOf, newestOf } from './browser-choice';

const of = (...versions: string[]): { version: string }[] => versions.map((version) => ({ version }));

it.each([
  [['Chromium 147.0.7727.24', 'Google Chrome 153.0.1.2'], 1],
  [['Chromium 99.0.1.2', 'Chromium 100.0.1.2'], 1],
  [['Chromium 147.0.7727.9 built on Debian 12', 'HeadlessChrome 147.0.7727.10'], 1],
  [['Chromium 147.0.7727.9', 'Chromium 147.0.7727.9'], 0],
  [['no version', 'Chromium 1.0'], 1],
  [['Chromium 1.0', 'no version'], 0],
])('the newest of %j is number %i', (versions, index) => {
  const browsers = of(...versions);
  expect(newestOf(browsers)).toBe(browsers[index]);
});

it('chooses none of none', () => {
  expect(newestOf(of())).toBeUndefined();
});

it('chooses the same version in whatever order they are found', () => {
  const version = fc
    .array(fc.nat(200), { minLength: 4, maxLength: 4 })
    .map((parts) => `Chromium ${parts.join('.')}`);
  fc.assert(
    fc.property(fc.array(version, { minLength: 1 }), (versions) => {
      const newest = newestOf(of(...versions))!.version;
      expect(newestOf(of(...[...versions].reverse()))!.version).toBe(newest);
      for (const other of versions) expect(majorOf(newest)).toBeGreaterThanOrEqual(majorOf(other));
    }),
  );
});
