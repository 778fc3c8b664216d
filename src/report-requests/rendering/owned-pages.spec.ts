import { pagesKept } from './owned-pages';

const GIGABYTE = 1024 ** 3;

describe('the number of pages that a browser keeps', () => {
  it('follows the free memory, shared by the browsers', () => {
    expect(pagesKept(4 * GIGABYTE, 2)).toBe(16);
    expect(pagesKept(4 * GIGABYTE, 1)).toBe(32);
  });

  it('is never so small that few clients pay for each report, nor without bound', () => {
    expect(pagesKept(0, 2)).toBe(4);
    expect(pagesKept(1_000 * GIGABYTE, 1)).toBe(64);
  });
});
