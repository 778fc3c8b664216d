import { Foundations1732200000001 } from './0001-foundations';
import { Clients1732200000002 } from './0002-clients';
import { Jobs1732200000003 } from './0003-jobs';
import { Orders1732200000004 } from './0004-orders';
import { Webhooks1732200000005 } from './0005-webhooks';
import { JobTurnsAndEstimates1732200000006 } from './0006-job-turns-and-estimates';
import { ClientsAdmin1732200000007 } from './0007-clients-admin';
import { ReportFiles1732200000008 } from './0008-report-files';
import { DeliveryThroughput1732200000009 } from './0009-delivery-throughput';
import { CallbacksReviewed1732200000010 } from './0010-callbacks-reviewed';
import { KeysAndAudit1732200000011 } from './0011-keys-and-audit';
import { FeedEpoch1732200000012 } from './0012-feed-epoch';
import { JobOutages1732200000013 } from './0013-job-outages';
import { ClientStorage1732200000014 } from './0014-client-storage';

/** In the order in which they run. A migration that has been released is never edited. */
export const migrations = [
  Foundations1732200000001,
  Clients1732200000002,
  Jobs1732200000003,
  Orders1732200000004,
  Webhooks1732200000005,
  JobTurnsAndEstimates1732200000006,
  ClientsAdmin1732200000007,
  ReportFiles1732200000008,
  DeliveryThroughput1732200000009,
  CallbacksReviewed1732200000010,
  KeysAndAudit1732200000011,
  FeedEpoch1732200000012,
  JobOutages1732200000013,
  ClientStorage1732200000014,
];
