import { verifyDeliveryProof } from '../../sdk/src/index.ts';

// `bnVsbA` is `null`, `W10` a list, `Mg` a number.
it.each(['', '..', 'x', 'null', 'bnVsbA', 'bnVsbA.x.y', 'W10.W10.W10', 'Mg.Mg.Mg', 'ü.ü.ü'])(
  'what is no proof is not genuine: %j',
  async (text) => {
    await expect(verifyDeliveryProof(text, { keys: [] }, { endpointId: 'x' })).rejects.toMatchObject({
      name: 'VerificationError',
    });
  },
);
