interface Page<T> {
  data: T[];
  next_cursor: string | null;
}

/** The items of all pages, each page fetched when it is needed. */
export async function* itemsOf<T>(
  fetchPage: (cursor: string | undefined) => Promise<Page<T>>,
): AsyncGenerator<T, void, undefined> {
  for (let cursor: string | undefined; ;) {
    const { data, next_cursor } = await fetchPage(cursor);
    yield* data;
    if (next_cursor === null) return;
    cursor = next_cursor;
  }
}
