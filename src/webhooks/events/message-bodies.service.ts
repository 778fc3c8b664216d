import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { prepared } from '../../database/prepared';

/** Of all bodies together. */
const MOST_BYTES = 16 * 1024 * 1024;

const READ_BODIES = prepared(
  'read_message_bodies',
  'SELECT id, body FROM webhook_message WHERE id = ANY($1::uuid[])',
);

/**
 * The bodies of messages that this worker wrote and that it will most likely deliver, too: they need not be read back.
 * What a message says never changes; the oldest make room.
 */
@Injectable()
export class MessageBodies {
  private readonly known = new Map<string, Buffer>();
  private bytes = 0;

  remember(messages: readonly { id: string; body: Buffer }[]): void {
    for (const { id, body } of messages) {
      if (!this.known.has(id)) this.bytes += body.length;
      this.known.set(id, body);
    }
    for (const [id, body] of this.known) {
      if (this.bytes <= MOST_BYTES) return;
      this.known.delete(id);
      this.bytes -= body.length;
    }
  }

  /** @returns those that there are */
  async of(manager: EntityManager, ids: readonly string[]): Promise<Map<string, Buffer>> {
    const missing = ids.filter((id) => !this.known.has(id));
    const read =
      missing.length === 0 ? [] : await manager.query<{ id: string; body: Buffer }[]>(READ_BODIES, [missing]);
    const found = new Map(read.map(({ id, body }) => [id, body]));
    for (const id of ids) {
      const body = this.known.get(id);
      if (body) found.set(id, body);
    }
    return found;
  }
}
