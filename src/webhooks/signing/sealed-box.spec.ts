import { SealBrokenError, SealedBox } from './sealed-box';

const OLD = Buffer.alloc(32, 1);
const NEW = Buffer.alloc(32, 2);
const secret = Buffer.from('a signing secret');

it('opens what it sealed, each time under another nonce', () => {
  const box = new SealedBox([OLD]);
  const [one, two] = [box.seal(secret, 'row 1'), box.seal(secret, 'row 1')];
  expect(one).not.toEqual(two);
  expect(one.includes(secret)).toBe(false);
  expect(box.open(one, 'row 1')).toEqual(secret);
});

it('opens nothing that was changed in any byte, moved, or cut', () => {
  const box = new SealedBox([OLD]);
  const sealed = box.seal(secret, 'row 1');
  for (let index = 0; index < sealed.length; index += 1) {
    const changed = Buffer.from(sealed);
    changed[index]! ^= 1;
    expect(() => box.open(changed, 'row 1')).toThrow(SealBrokenError);
  }
  expect(() => box.open(sealed, 'row 2')).toThrow(SealBrokenError);
  expect(() => box.open(sealed.subarray(0, 20), 'row 1')).toThrow(SealBrokenError);
});

it('rotates the master key: the old one opens, the new one seals, and without the old one nothing old opens', () => {
  const sealed = new SealedBox([OLD]).seal(secret, 'row 1');
  const rotated = new SealedBox([NEW, OLD]);
  expect(rotated.open(sealed, 'row 1')).toEqual(secret);
  expect(sealed.subarray(0, 5)).not.toEqual(rotated.currentPrefix);
  const again = rotated.seal(secret, 'row 1');
  expect(again.subarray(0, 5)).toEqual(rotated.currentPrefix);
  expect(new SealedBox([NEW]).open(again, 'row 1')).toEqual(secret);
  expect(() => new SealedBox([NEW]).open(sealed, 'row 1')).toThrow(/is not configured/);
});
