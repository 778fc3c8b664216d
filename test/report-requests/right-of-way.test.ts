import { ArtifactStore } from '../../src/artifacts/artifact-store';
import { RightOfWay } from '../../src/report-requests/rendering/right-of-way';
import { waitFor } from '../support/services';
import { TestApp } from '../support/test-app';

const YEARS = { start_date: '2014-01-01', end_date: '2018-01-01' };
const MONTH = { start_date: '2014-01-01', end_date: '2014-02-01' };
let app: TestApp;
let way: RightOfWay;

beforeAll(async () => {
  app = await TestApp.start({ SAMPLE_DATA: 'true' });
  way = app.app.get(RightOfWay, { strict: false });
});

afterEach(() => jest.restoreAllMocks());

afterAll(() => app.stop());

const submit = async (body: object): Promise<string> =>
  (await app.call('POST', '/v1/orders/reports', { body })).body.id;
const done = async (id: string): Promise<void> => {
  expect((await app.polled(`/v1/orders/reports/status/${id}`)).status).toBe(303);
};

describe.each(['pdf', 'csv'])('a long %s', (format) => {
  it('goes on only when it is given way, and a short one passes it', async () => {
    let go: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => (go = resolve));
    const giveWay = jest.spyOn(way, 'giveWay').mockReturnValue(gate);
    const long = await submit({ ...YEARS, format });
    await waitFor(() => giveWay.mock.calls.length > 0, { what: 'the long report to give way' });
    try {
      await done(await submit({ ...MONTH, format }));
      expect((await app.call('GET', `/v1/jobs/${long}`)).body.status).toBe('IN_PROGRESS');
    } finally {
      go();
    }
    await done(long);
  });

  it('is told from a short one, which has the right of way until its file is stored', async () => {
    const leave = jest.fn();
    const enter = jest.spyOn(way, 'enter').mockReturnValue(leave);
    const leftBeforeStored: number[] = [];
    const store = app.app.get(ArtifactStore, { strict: false });
    const put = store.put.bind(store);
    jest.spyOn(store, 'put').mockImplementation(async (...parameters) => {
      const stored = await put(...parameters);
      leftBeforeStored.push(leave.mock.calls.length);
      return stored;
    });
    await done(await submit({ ...MONTH, format }));
    await waitFor(() => leave.mock.calls.length === 1, { what: 'the short report to leave' });
    expect(leftBeforeStored).toEqual([0]);
    enter.mockClear();
    leave.mockClear();
    await done(await submit({ ...YEARS, format }));
    expect(leftBeforeStored).toEqual([0, 1]);
    expect(enter).toHaveBeenCalledTimes(1);
  });
});
