import { TestApp } from '../../support/test-app';
import { TestReceiver } from '../../webhooks/test-receiver';
import { Fuzzer, FUZZED_SETTINGS } from './fuzzer';

/** `npm run clients` sends more, with another seed each time. */
const REQUESTS = 500;
const SEED = 18;

test('requests made of the document by chance are answered as it says', async () => {
  const receiver = await TestReceiver.start();
  const app = await TestApp.start(FUZZED_SETTINGS);
  try {
    const { sent, valid, wrong } = await (await Fuzzer.of(app, receiver)).run(REQUESTS, SEED);
    expect(wrong).toEqual([]);
    expect(sent).toBe(REQUESTS);
    // Neither nearly all nor hardly any are valid: else it shows nothing about the others.
    expect(valid / sent).toBeGreaterThan(0.25);
    expect(valid / sent).toBeLessThan(0.75);
  } finally {
    await app.stop();
    await receiver.stop();
  }
});
