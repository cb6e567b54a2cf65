import { z } from 'zod';
import { BOOKING_KINDS } from '../../../domain/custody.js';
import { enact, tellResult } from '../acts.js';
import { MODERATE } from '../approval.js';
import { command } from '../command.js';
import { CASE, caseNumber, reasonFlag } from '../inputs.js';

export default command({
  name: 'case reschedule',
  group: 'Visits',
  summary: 'an appointment cannot be kept: release it and make another one (ISS-25, W30)',
  examples: [
    'aftercare case reschedule F20300304-001 --appointment installation --asked-by customer --reason "closed that day" --dry-run --as li.na',
    'aftercare case reschedule F20300304-001 --appointment issuance --asked-by bureau --reason "counter closed" --dry-run --as li.na',
  ],
  positional: CASE,
  input: z.strictObject({
    case: caseNumber(),
    appointment: z
      .enum(BOOKING_KINDS)
      .meta({ description: `which: ${BOOKING_KINDS.join(', ')}`, value: 'KIND' }),
    askedBy: z.enum(['customer', 'bureau', 'us']).meta({ description: 'who cannot keep it', value: 'WHO' }),
    reason: reasonFlag(),
  }),
  async run(ctx, { case: caseId, appointment, askedBy, reason }) {
    const api = await ctx.open();
    const standing = (await api.bookings({ caseId, status: 'booked' })).filter(
      (booking) => booking.kind === appointment,
    );
    const others = (await api.bookings({ caseId, status: 'booked' })).filter(
      (booking) => booking.kind !== appointment,
    );
    const shown = (list: typeof standing) =>
      list.map((booking) => `${booking.who} ${ctx.moments.at(booking.from)}`).join('; ') || 'none';
    const plan = {
      title: `move the ${appointment} of ${caseId}`,
      lines: [
        ['released', shown(standing)],
        ['looked at again', shown(others)],
        ['next', 'whoever makes the appointment gets the task again; who is affected is told then'],
      ] as [string, string][],
      severity: MODERATE,
    };
    const result = await enact(ctx, 'reschedule', caseId, { appointment, askedBy, reason }, plan);
    await tellResult(ctx, `${appointment} released`, caseId, result);
  },
});
