import { Fuzzer, FUZZED_SETTINGS } from '../http/fuzz/fuzzer';
import { callAt } from '../support/http-call';
import { ADMIN_KEY } from '../support/test-config';
import { TestReceiver } from '../webhooks/test-receiver';
import type { Cell } from './cell';
import { LiveService } from './live-service';

const REQUESTS = 10_000;
const SHOWN = 20;

/** What the document becomes by chance, with another seed each time; `RANDOM_SEED` repeats one. */
export const FUZZED_REQUESTS: Cell = {
  part: 'Documents',
  name: 'Fuzzed requests',
  run: async (context) => {
    const seed = Number(process.env['RANDOM_SEED'] ?? Date.now() % 2 ** 31);
    context.log(`RANDOM_SEED=${seed}`);
    const receiver = await TestReceiver.start();
    const service = await LiveService.start({ ...FUZZED_SETTINGS, ADMIN_API_KEY: ADMIN_KEY });
    try {
      const fuzzer = await Fuzzer.of(
        { call: (method, path, options = {}) => callAt(service.url, method, path, options) },
        receiver,
      );
      const { sent, valid, wrong } = await fuzzer.run(REQUESTS, seed);
      if (wrong.length > 0)
        throw new Error(`RANDOM_SEED=${seed}: ${wrong.length} wrong\n${wrong.slice(0, SHOWN).join('\n')}`);
      return {
        version: `seed ${seed}`,
        did: `${sent} requests made of the document by chance, ${valid} of them valid by it: no 5xx, no answer that it does not have, none of the valid ones refused but for the rules that the test lists`,
      };
    } finally {
      await service.remove();
      await receiver.stop();
    }
  },
};
