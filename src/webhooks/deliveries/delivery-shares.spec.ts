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
  expect(shares.grants()('a', 'https://other.example', 5)).toBe(0);
  expect(shares.grants()('b', 'https://host-1.example', 5)).toBe(5);
});

it('grants no more in one claim than is left of a share, over all destinations', () => {
  const shares = new DeliveryShares();
  add(shares, HOST_SHARE - 10, 'a', 'https://one.example/');
  add(shares, CLIENT_SHARE - HOST_SHARE, 'a', 'https://five.example/');
  const grant = shares.grants();
  expect([
    grant('a', 'https://two.example', 8),
    grant('a', 'https://three.example', 8),
    grant('a', 'https://four.example', 8),
    grant('b', 'https://one.example:8443', 100),
    grant('b', 'https://[2606:4700::1]:8443', 100),
  ]).toEqual([8, 2, 0, 10, 100]);
});

it('leaves the other hosts of a client room beside one that hangs', () => {
  const shares = new DeliveryShares();
  const grant = shares.grants();
  expect(grant('a', 'https://hangs.example', SLOTS)).toBe(HOST_SHARE);
  expect(grant('a', 'https://works.example', SLOTS)).toBe(CLIENT_SHARE - HOST_SHARE);
  expect(grant('b', 'https://third.example', SLOTS)).toBe(HOST_SHARE);
});
