export interface ServerSentEvent {
  /** Where a reader resumes; an event without one is not resumed from. */
  id: string | undefined;
  event: string;
  data: string;
}

/**
 * Reads a stream of events (text/event-stream, WHATWG HTML, section 9.2). Comments come as `undefined`: they show
 * that the stream lives.
 */
export class EventStreamParser {
  private readonly decoder = new TextDecoder();
  private rest = '';
  private fields = new Map<string, string>();

  /** @returns what the bytes complete, in order */
  push(bytes: Uint8Array): (ServerSentEvent | undefined)[] {
    this.rest += this.decoder.decode(bytes, { stream: true });
    const lines = this.rest.split(/\r\n|\n|\r(?!$)/);
    this.rest = lines.pop() ?? '';
    return lines.flatMap((line) => this.take(line));
  }

  private take(line: string): (ServerSentEvent | undefined)[] {
    if (line === '') return this.dispatch();
    if (line.startsWith(':')) return [undefined];
    const [, name = '', value = ''] = /^([^:]*)(?:: ?(.*))?$/.exec(line) ?? [];
    const before = this.fields.get(name);
    this.fields.set(name, name === 'data' && before !== undefined ? `${before}\n${value}` : value);
    return [];
  }

  private dispatch(): (ServerSentEvent | undefined)[] {
    const { fields } = this;
    this.fields = new Map();
    const data = fields.get('data');
    // A block without data is no event; `retry` alone, for one.
    return [
      data === undefined
        ? undefined
        : { id: fields.get('id'), event: fields.get('event') ?? 'message', data },
    ];
  }
}
