/** From the parameters of a run to what stock is settled by. */
import { instantText } from '../../../database/instant.ts';
import type { JobParameters, ParameterDefinition } from '../../../engine/parameters.ts';
import { addDays, businessDateOf, businessDay } from '../../../rules/business-time.ts';
import { lookBackDays, lookBackStart } from '../../look-back.ts';
import type { StockTerms } from './read-products.ts';

const MINUTE_MS = 60_000;
const RESERVATION_MINUTES = 'reservation-minutes';
const defaultReservationMinutes = 30;
const MINUTES_MAX = 525_600;

/** How long a reservation is held that is neither confirmed nor released. Kept with each reservation. */
export const reservationMinutesParameter: ParameterDefinition = {
  name: RESERVATION_MINUTES,
  type: 'long',
  identifying: false,
  required: false,
  default: String(defaultReservationMinutes),
  description: 'minutes that a reservation is held which is neither confirmed nor released',
  validate: (text) =>
    Number(text) >= 1 && Number(text) <= MINUTES_MAX ? undefined : `must be from 1 to ${MINUTES_MAX}`,
};

export function stockTerms(parameters: JobParameters, jobExecutionId: number): StockTerms {
  const [date, zone] = [parameters.require('date'), parameters.require('zone')];
  const minutes = Number(parameters.get(RESERVATION_MINUTES) ?? defaultReservationMinutes);
  return {
    zone,
    jobExecutionId,
    from: instantText(lookBackStart(date, zone)),
    end: instantText(businessDay(date, zone).endMs),
    lookBackDate: addDays(date, -lookBackDays),
    timeoutMs: minutes * MINUTE_MS,
    dateOf: dateReader(zone),
  };
}

/** The business date of an instant; those of one date follow each other mostly. */
function dateReader(zone: string): (ms: number) => string {
  let date = '';
  let startMs = 0;
  let endMs = 0;
  return (ms) => {
    if (ms >= startMs && ms < endMs) return date;
    date = businessDateOf(ms, zone);
    ({ startMs, endMs } = businessDay(date, zone));
    return date;
  };
}
