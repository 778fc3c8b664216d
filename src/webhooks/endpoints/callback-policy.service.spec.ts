import type { DataSource } from 'typeorm';
import { CallbackPolicyService } from './callback-policy.service';
import { parseCallbackUrl } from '../egress/callback-url';
import { EgressGuardService, EgressRefusedError } from '../egress/egress-guard.service';
import { NameError } from '../egress/name-resolver';

/** The policy over a guard whose look at the addresses fails like this. */
function policyWhere(failure: Error): CallbackPolicyService {
  const guard = {
    parse: parseCallbackUrl,
    addressesOf: () => Promise.reject(failure),
  } as unknown as EgressGuardService;
  return new CallbackPolicyService({} as DataSource, guard);
}

const refusalOf = (failure: Error, url: string): Promise<unknown> =>
  policyWhere(failure).checkAddress('callback_url', url);

it('lets no URL pass because the guard failed in a way that it does not know', async () => {
  await expect(refusalOf(new RangeError('no such range'), 'https://example.com/')).rejects.toThrow(
    'no such range',
  );
});

it('lets a URL pass while its name servers fail: the attempts look again', async () => {
  const failing = new NameError('example.com', true);
  await expect(refusalOf(failing, 'https://example.com/hook')).resolves.toHaveProperty(
    'href',
    'https://example.com/hook',
  );
});

it.each([
  ['https://example.com/', 'callback_url must lead to an address that callbacks may be sent to'],
  [
    'http://example.com/',
    'callback_url must be https, or lead to an address that callbacks may be sent to by http',
  ],
])('says the same of %j whether it is refused or has no address', async (url, message) => {
  for (const failure of [new EgressRefusedError('private'), new NameError('example.com', false)]) {
    await expect(refusalOf(failure, url)).rejects.toMatchObject({
      kind: 'unprocessable',
      details: { errors: [{ field: 'callback_url', message }] },
    });
  }
});
