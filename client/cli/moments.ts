/**
 * Times as people read them: local in the organisation's zone (an offset from policy, never the machine's), with
 * weekday and distance. `--time iso` gives ISO with offset instead.
 */
import type { Instant } from '../../domain/case.js';
import { offsetText } from '../forms.js';

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MINUTE = 60_000;
const DAY = 1440 * MINUTE;

/** `95` as `1 h 35 min`; days are 24 hours. */
export function lengthText(minutes: number): string {
  const size = Math.abs(Math.round(minutes));
  if (size < 60) return `${size} min`;
  if (size < 2880) {
    const rest = size % 60;
    return `${Math.floor(size / 60)} h${rest ? ` ${rest} min` : ''}`;
  }
  return `${Math.floor(size / 1440)} d${size % 1440 >= 60 ? ` ${Math.floor((size % 1440) / 60)} h` : ''}`;
}

/** A distance in one unit: `3 h`, `20 min`, `2 d`. */
function roughly(ms: number): string {
  const minutes = Math.floor(Math.abs(ms) / MINUTE);
  if (minutes < 60) return `${minutes} min`;
  if (minutes < 2160) return `${Math.round(minutes / 60)} h`;
  return `${Math.round(minutes / 1440)} d`;
}

export class Moments {
  constructor(
    readonly offsetMinutes: number,
    readonly now: Date,
    readonly style: 'local' | 'iso' = 'local',
  ) {}

  private local(at: Instant | Date): Date {
    return new Date((at instanceof Date ? at.getTime() : Date.parse(at)) + this.offsetMinutes * MINUTE);
  }

  /** `2030-03-04T18:00:00+08:00` */
  iso(at: Instant | Date): string {
    return `${this.local(at).toISOString().slice(0, 19)}${offsetText(this.offsetMinutes)}`;
  }

  /** `18:00` */
  time(at: Instant): string {
    return this.local(at).toISOString().slice(11, 16);
  }

  /** `2030-03-04`, in the zone. */
  dayKey(at: Instant | Date): string {
    return this.local(at).toISOString().slice(0, 10);
  }

  /** `Mon 4 Mar`, with the year when it is another one. */
  day(at: Instant): string {
    if (this.style === 'iso') return this.dayKey(at);
    const local = this.local(at);
    const year =
      local.getUTCFullYear() === this.local(this.now).getUTCFullYear() ? '' : ` ${local.getUTCFullYear()}`;
    return `${DAYS[local.getUTCDay()]} ${local.getUTCDate()} ${MONTHS[local.getUTCMonth()]}${year}`;
  }

  /** `Mon 18:00` within the week, else `Mon 4 Mar 18:00`. */
  at(at: Instant | null): string {
    if (at === null) return '';
    if (this.style === 'iso') return this.iso(at);
    const days = Math.abs(Date.parse(this.dayKey(at)) - Date.parse(this.dayKey(this.now))) / DAY;
    const day = days < 6 ? DAYS[this.local(at).getUTCDay()] : this.day(at);
    return `${day} ${this.time(at)}`;
  }

  /** `in 3 h`, `20 min ago`, `now`. */
  away(at: Instant): string {
    const ms = Date.parse(at) - this.now.getTime();
    if (Math.abs(ms) < MINUTE) return 'now';
    return ms > 0 ? `in ${roughly(ms)}` : `${roughly(ms)} ago`;
  }

  /** `Mon 18:00 (in 3 h)` */
  due(at: Instant | null): string {
    if (at === null) return 'no deadline now';
    return this.style === 'iso' ? this.iso(at) : `${this.at(at)} (${this.away(at)})`;
  }

  isPast(at: Instant | null): boolean {
    return at !== null && Date.parse(at) <= this.now.getTime();
  }
}
