import { Injectable } from '@nestjs/common';
import { CursorPart, decodeCursor, encodeCursor, ListOf, Page } from '../common/pagination';
import { SharedKeysService } from './shared-keys.service';

const KEY = 'cursors';

/** Makes the cursors of every list, and reads them again in whichever process the next page is asked for. */
@Injectable()
export class CursorsService {
  constructor(private readonly keys: SharedKeysService) {}

  /**
   * The sort key after which a page begins; empty for the first page.
   *
   * @throws AppError 400 `invalid_cursor`
   */
  async read(cursor: string | undefined, parts: CursorPart[], of: ListOf): Promise<string[]> {
    return cursor === undefined ? [] : decodeCursor(await this.keys.get(KEY), cursor, parts, of);
  }

  /** A cursor behind the row of this sort key. */
  async write(key: string[], of: ListOf): Promise<string> {
    return encodeCursor(await this.keys.get(KEY), key, of);
  }

  /** Cuts a page out of `size + 1` rows. */
  async page<R, T>(
    rows: R[],
    size: number,
    present: (row: R) => T,
    keyOf: (row: R) => string[],
    of: ListOf,
  ): Promise<Page<T>> {
    const shown = rows.slice(0, size);
    const last = shown.at(-1);
    const hasNext = rows.length > size && last !== undefined;
    return {
      data: shown.map(present),
      next_cursor: hasNext ? await this.write(keyOf(last), of) : null,
    };
  }
}
