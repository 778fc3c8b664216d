import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Up to when events were removed for their age: nothing is said about a time of which some are gone. */
export class RemovedMessages1795651200030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- The time at which the last one happened that was removed; null where none was. Of messages alone.
      ALTER TABLE retention ADD COLUMN removed_up_to timestamptz;

      -- How far it went before is not known, as there may have been a shorter retention. It did not go beyond the oldest
      -- message that is there though no delivery ever kept it: at least a day is kept, and a delivery that ended in its
      -- first day ended before its message was old. Where there is no client, nobody has had an event.
      -- Processes of before note nothing. So that they remove nothing while they still run, it waits for a day.
      UPDATE retention SET said_at = now(), removed_up_to = coalesce((
        SELECT m.created_at FROM webhook_message m
        WHERE NOT EXISTS (
          SELECT FROM delivery d
          WHERE d.message_id = m.id AND coalesce(d.finished_at, now()) > m.created_at + interval '1 day')
        ORDER BY m.id LIMIT 1
      ), now())
      WHERE kind = 'webhook_message' AND EXISTS (SELECT FROM client);
    `);
  }

  /** Nothing is lost: it is found out anew where it comes again. */
  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE retention DROP COLUMN removed_up_to');
  }
}
