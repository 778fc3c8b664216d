import { IdsAndSharedKeys1795651200001 } from './0001-ids-and-shared-keys';
import { Clients1795651200002 } from './0002-clients';
import { Jobs1795651200003 } from './0003-jobs';
import { Orders1795651200004 } from './0004-orders';
import { Files1795651200005 } from './0005-files';
import { Webhooks1795651200006 } from './0006-webhooks';
import { Audit1795651200007 } from './0007-audit';
import { JobRequestId1795651200008 } from './0008-job-request-id';
import { IdempotencyKeys1795651200009 } from './0009-idempotency-keys';
import { DueReportFiles1795651200010 } from './0010-due-report-files';
import { Ageing1795651200011 } from './0011-ageing';
import { Lists1795651200012 } from './0012-lists';
import { Recovery1795651200013 } from './0013-recovery';
import { FollowedLog1795651200014 } from './0014-followed-log';
import { ChangedKeys1795651200015 } from './0015-changed-keys';
import { FairOrder1795651200016 } from './0016-fair-order';
import { NextDue1795651200017 } from './0017-next-due';
import { OrderBook1795651200018 } from './0018-order-book';
import { ImportFailures1795651200019 } from './0019-import-failures';
import { Erasures1795651200020 } from './0020-erasures';
import { DueDestinations1795651200021 } from './0021-due-destinations';
import { ReportFormats1795651200022 } from './0022-report-formats';
import { Brands1795651200023 } from './0023-brands';
import { JobLabels1795651200024 } from './0024-job-labels';
import { EndpointHeaders1795651200025 } from './0025-endpoint-headers';
import { OwnKeys1795651200026 } from './0026-own-keys';
import { Resends1795651200027 } from './0027-resends';
import { ExhaustedDeliveries1795651200028 } from './0028-exhausted-deliveries';
import { LeasesByClient1795651200029 } from './0029-leases-by-client';
import { RemovedMessages1795651200030 } from './0030-removed-messages';
import { DestinationPlaces1795651200031 } from './0031-destination-places';
import { DueByType1795651200032 } from './0032-due-by-type';

/** In the order in which they run. A migration that has been released is never edited. */
export const migrations = [
  IdsAndSharedKeys1795651200001,
  Clients1795651200002,
  Jobs1795651200003,
  Orders1795651200004,
  Files1795651200005,
  Webhooks1795651200006,
  Audit1795651200007,
  JobRequestId1795651200008,
  IdempotencyKeys1795651200009,
  DueReportFiles1795651200010,
  Ageing1795651200011,
  Lists1795651200012,
  Recovery1795651200013,
  FollowedLog1795651200014,
  ChangedKeys1795651200015,
  FairOrder1795651200016,
  NextDue1795651200017,
  OrderBook1795651200018,
  ImportFailures1795651200019,
  Erasures1795651200020,
  DueDestinations1795651200021,
  ReportFormats1795651200022,
  Brands1795651200023,
  JobLabels1795651200024,
  EndpointHeaders1795651200025,
  OwnKeys1795651200026,
  Resends1795651200027,
  ExhaustedDeliveries1795651200028,
  LeasesByClient1795651200029,
  RemovedMessages1795651200030,
  DestinationPlaces1795651200031,
  DueByType1795651200032,
];
