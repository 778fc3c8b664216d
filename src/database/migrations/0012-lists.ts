import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Every filter of a list is the beginning of an index: what is rare among millions is found as quickly as what is common. */
export class Lists1795651200012 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      -- A table whose index is built can be read meanwhile and not written, until all of this is done. So jobs come last:
      -- none of their leases ends in that time.
      CREATE INDEX orders_of_status ON orders (client_id, status, ordered_at, number);
      CREATE INDEX webhook_message_of_job ON webhook_message (job_id) WHERE job_id IS NOT NULL;
      CREATE INDEX delivery_of_client ON delivery (client_id, state, id);
      CREATE INDEX delivery_of_endpoint ON delivery (endpoint_id, state, id) WHERE endpoint_id IS NOT NULL;

      -- One for the lists, the quota of jobs in flight, and the removal of a client.
      CREATE INDEX job_of_client ON job (client_id, state, type, id);
      DROP INDEX job_list, job_list_by_type, job_in_flight;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      DROP INDEX orders_of_status, webhook_message_of_job, delivery_of_endpoint, delivery_of_client;
      CREATE INDEX job_in_flight ON job (client_id) WHERE state IN ('PENDING', 'IN_PROGRESS');
      CREATE INDEX job_list ON job (client_id, id);
      CREATE INDEX job_list_by_type ON job (client_id, type, id);
      DROP INDEX job_of_client;
    `);
  }
}
