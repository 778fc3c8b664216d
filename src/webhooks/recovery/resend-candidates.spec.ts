import fc from 'fast-check';
import { DeliveryState } from '../deliveries/delivery';
import { RecoverOnly } from './recover.job';
import { actOfRecovery, actOfRedelivery, type Candidate } from './resend-candidates';

const delivery = fc.record({
  delivery_id: fc.uuid(),
  state: fc.constantFrom(...Object.values(DeliveryState)),
  failures: fc.nat(5),
  mine: fc.boolean(),
});
const none = fc.constant({ delivery_id: null, state: null, failures: null, mine: false });
const candidate: fc.Arbitrary<Candidate> = fc
  .tuple(
    fc.record({ in_window: fc.boolean(), erased: fc.boolean(), wanted: fc.boolean() }),
    fc.oneof(delivery, none),
  )
  .map(([event, its]) => ({ message_id: 'm', transaction_id: '1', position: '1', ...event, ...its }));

const { Failed, Missing, All } = RecoverOnly;
const isUnderWay = ({ state, failures }: Candidate): boolean =>
  state === DeliveryState.Delivering || (state === DeliveryState.Pending && failures === 0);

describe('what a recovery does with an event', () => {
  it('is, of all, what it does of failed and of missing ones, and deliveries that were made', () => {
    fc.assert(
      fc.property(candidate, (given) => {
        const [failed, missing, all] = [Failed, Missing, All].map((only) => actOfRecovery(given, only));
        const acts = [failed, missing].filter((act) => act !== 'none');
        if (acts.length > 0) expect(acts).toContain(all);
        else if (all !== 'none') expect(given.state).toBe(DeliveryState.Delivered);
      }),
    );
  });

  it('never touches what is under way, erased, or of another time, unless it made it due itself', () => {
    fc.assert(
      fc.property(candidate, fc.constantFrom(Failed, Missing, All), (given, only) => {
        const act = actOfRecovery(given, only);
        if (given.mine) expect(act).toBe('known');
        else if (isUnderWay(given) || given.erased || !given.in_window) expect(act).toBe('none');
      }),
    );
  });

  it('adds only what the endpoint wants and has no delivery of', () => {
    fc.assert(
      fc.property(candidate, fc.constantFrom(Failed, Missing, All), (given, only) => {
        if (actOfRecovery(given, only) !== 'add') return;
        expect(given).toMatchObject({ delivery_id: null, wanted: true });
        expect(only).not.toBe(Failed);
      }),
    );
  });
});

describe('what a redelivery does with a delivery', () => {
  it('is to resend those that ended as the filter says', () => {
    fc.assert(
      fc.property(candidate, fc.boolean(), (given, both) => {
        const status = both
          ? [DeliveryState.Exhausted as const, DeliveryState.Delivered as const]
          : [DeliveryState.Exhausted as const];
        const act = actOfRedelivery(given, { status });
        if (given.mine) expect(act).toBe('known');
        else
          expect(act === 'resend').toBe(
            given.in_window && !given.erased && status.some((each) => each === given.state),
          );
      }),
    );
  });
});
