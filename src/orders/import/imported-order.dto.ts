import { IntersectionType, OmitType } from '@nestjs/swagger';
import { Allow, Equals, IsOptional, MaxLength } from 'class-validator';
import { IsPlainText } from '../../common/plain-text';
import { MayBeLeftOut } from '../../common/validators';
import { AreLines, NewOrderBody, NewOrderLineBody } from '../order.dto';
import { AMOUNT_SCALE } from '../order-amounts';
import { ORDER_LIMITS } from '../order-limits';
import { IsDecimal } from '../order-validators';

/** A line of an order as a new one has it, or as a report has it. */
export class ImportedLineBody extends NewOrderLineBody {
  /** Counts as it is: a line of which something was deducted comes to less than its price. */
  @MayBeLeftOut()
  @IsDecimal(AMOUNT_SCALE)
  line_total?: string;
}

/** As many lines as are validated together. */
export class ImportedLinesBody {
  @AreLines(() => ImportedLineBody)
  lines: ImportedLineBody[];
}

/** An order in a line of NDJSON: a body of `POST /v1/orders`, or what a report with lines has of an order. */
export class ImportedOrderBody extends IntersectionType(
  OmitType(NewOrderBody, ['customer_reference', 'lines'] as const),
  ImportedLinesBody,
) {
  /** `null`, as reports have it: there is none. */
  @IsOptional()
  @MaxLength(ORDER_LIMITS.customerReferenceLength)
  @IsPlainText()
  customer_reference?: string | null;

  /** It is checked: what a total has beyond the other amounts belongs into `adjustment_total`. */
  @MayBeLeftOut()
  @IsDecimal(AMOUNT_SCALE)
  total?: string;

  /** Of a delta. What is removed is no order that could be imported. */
  @MayBeLeftOut()
  @Equals('updated', { message: 'change must be updated: an import takes no orders out' })
  change?: string;

  // These follow from the rest, and are not read.
  @Allow()
  line_count?: unknown;

  @Allow()
  subtotal?: unknown;

  @Allow()
  net_total?: unknown;
}
