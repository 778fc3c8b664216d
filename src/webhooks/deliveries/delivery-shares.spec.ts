import { CLIENT_SHARE, DeliveryShares, HOST_SHARE, SLOTS } from './delivery-shares';

const add = (shares: DeliveryShares, count: number, client: string, url: string): (() => void)[] =>
  Array.from({ length: count }, () => shares.add(client, new URL(url)));

it('counts a host without its port, and gives what has ended back', () => {
  const shares = new DeliveryShares();
  const ends = [
    ...add(shares, HOST_SHARE / 2, 'a', 'http://10.0.0.1:4001/x'),
    ...add(shares, HOST_SHARE / 2, 'b', 'https://10.0.0.1/y'),
  ];
  expect(shares.busyHosts()).toEqual(['10.0.0.1']);
  expect(shares.busyClients()).toEqual([]);
  ends.pop()?.();
  expect(shares.busyHosts()).toEqual([]);
});

it('takes a client with many hosts for busy', () => {
  const shares = new DeliveryShares();
  for (let host = 0; host < CLIENT_SHARE; host += 1) add(shares, 1, 'a', `https://host-${host}.example/`);
  expect(shares.busyClients()).toEqual(['a']);
  expect(shares.reserve().grant('a', 'https://other.example', 5)).toBe(0);
  expect(shares.reserve().grant('b', 'https://host-1.example', 5)).toBe(5);
});

it('grants no more in one claim than is left of a share, over all destinations', () => {
  const shares = new DeliveryShares();
  add(shares, HOST_SHARE - 10, 'a', 'https://one.example/');
  add(shares, CLIENT_SHARE - HOST_SHARE, 'a', 'https://five.example/');
  const reservation = shares.reserve();
  const grant = (client: string, origin: string, wanted: number): number =>
    reservation.grant(client, origin, wanted);
  expect([
    grant('a', 'https://two.example', 8),
    grant('a', 'https://three.example', 8),
    grant('a', 'https://four.example', 8),
    grant('b', 'https://one.example:8443', 100),
    grant('b', 'https://[2606:4700::1]:8443', 100),
  ]).toEqual([8, 2, 0, 10, 100]);
});

it('gives two who hand out at the same time no more than there is, until one gives back', () => {
  const shares = new DeliveryShares();
  const [first, second] = [shares.reserve(), shares.reserve()];
  expect(first.slots(SLOTS - 5)).toBe(SLOTS - 5);
  expect(second.slots(10)).toBe(5);
  expect(first.grant('a', 'https://one.example', HOST_SHARE - 5)).toBe(HOST_SHARE - 5);
  expect(first.grant('a', 'https://three.example', CLIENT_SHARE - HOST_SHARE)).toBe(
    CLIENT_SHARE - HOST_SHARE,
  );
  expect(second.grant('a', 'https://two.example', 10)).toBe(5);
  expect(second.grant('b', 'https://one.example', 10)).toBe(5);
  first.giveBack();
  first.giveBack();
  expect(shares.free()).toBe(SLOTS - 5);
  expect(second.grant('a', 'https://one.example', HOST_SHARE)).toBe(HOST_SHARE - 5);
  second.giveBack();
  expect(shares.free()).toBe(SLOTS);
  expect(shares.reserve().grant('a', 'https://one.example', HOST_SHARE)).toBe(HOST_SHARE);
});

it('leaves the other hosts of a client room beside one that hangs', () => {
  const shares = new DeliveryShares();
  const reservation = shares.reserve();
  expect(reservation.grant('a', 'https://hangs.example', SLOTS)).toBe(HOST_SHARE);
  expect(reservation.grant('a', 'https://works.example', SLOTS)).toBe(CLIENT_SHARE - HOST_SHARE);
  expect(reservation.grant('b', 'https://third.example', SLOTS)).toBe(HOST_SHARE);
});
