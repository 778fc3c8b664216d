import fc from 'fast-check';
import type { ListOf } from '../common/pagination';
import { CursorsService } from './cursors.service';
import type { SharedKeysService } from './shared-keys.service';

const cursors = new CursorsService({
  get: () => Promise.resolve(Buffer.alloc(32)),
} as unknown as SharedKeysService);
const OF: ListOf = { list: 'letters', clientId: null };
const itself = (row: string): string => row;

it('walks every row once, in order, whatever the size', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(50), fc.integer({ min: 1, max: 12 }), async (count, size) => {
      // Keys of one length, so that they sort as the numbers do.
      const all = Array.from({ length: count }, (_, index) => String(index).padStart(3, '0'));
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const [after = ''] = await cursors.read(cursor, ['text'], OF);
        const rows = all.filter((key) => key > after).slice(0, size + 1);
        const page = await cursors.page(rows, size, itself, (row) => [row], OF);
        expect(page.data.length).toBeLessThanOrEqual(size);
        seen.push(...page.data);
        cursor = page.next_cursor ?? undefined;
      } while (cursor !== undefined);
      expect(seen).toEqual(all);
    }),
  );
});

it('has no next cursor on a last page that is full', async () => {
  const page = await cursors.page(['a', 'b'], 2, itself, (row) => [row], OF);
  expect(page).toEqual({ data: ['a', 'b'], next_cursor: null });
});
