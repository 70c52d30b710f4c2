/** Every zone of the tz database: its names, and where its business dates begin from 1900 to 2040. */
import { describe, expect, it } from 'vitest';
import { addDays, businessDateOf, businessDay, isSameZone, requireZone } from '../../../src/rules/business-time.ts';
import { canonicalZone, zoneNames } from '../../../src/rules/zone-names.ts';
import { piecesOf, startOfDateIn } from '../../oracles/zone-clock.ts';
import { isThorough } from '../../support/thorough.ts';

const DAY_MS = 86_400_000;
const FROM = '1900-01-01';
const TO = '2040-12-31';
/** Odd in one way or another: half hours, seconds, midnights that are skipped or come twice, dates that are left out. */
const ODD_ZONES = [
  ...['Asia/Colombo', 'America/St_Johns', 'America/Sao_Paulo', 'Pacific/Apia', 'Pacific/Kwajalein', 'Asia/Seoul'],
  ...['America/Toronto', 'Africa/Monrovia', 'Europe/Dublin', 'Asia/Pyongyang', 'Antarctica/Troll', 'Asia/Manila'],
];
/** No two changes of a zone are nearer than this; the sample trusts that months pass between most. */
const STEP_MS = isThorough ? DAY_MS : 4 * DAY_MS;

const NEAR_DAYS = isThorough ? 2 : 1;

const iso = (instantMs: number) => new Date(instantMs).toISOString();

/** Dates near a change of the offset, and others spread over all years. */
function datesToTry(changes: readonly number[]): Set<string> {
  const dates = new Set<string>();
  for (const change of changes) {
    const date = iso(change).slice(0, 10);
    for (let days = -NEAR_DAYS; days <= NEAR_DAYS; days++) dates.add(addDays(date, days));
  }
  for (let date = FROM; date <= TO; date = addDays(date, 397)) dates.add(date);
  return new Set([...dates].filter((date) => date >= FROM && date <= TO));
}

function wrongDates(zone: string): string[] {
  const pieces = piecesOf(zone, Date.parse(FROM) - 4 * DAY_MS, Date.parse(TO) + 4 * DAY_MS, STEP_MS);
  const wrong: string[] = [];
  for (const date of datesToTry(pieces.slice(1).map(({ fromMs }) => fromMs))) {
    const { startMs, endMs } = businessDay(date, zone);
    const start = startOfDateIn(pieces, date);
    const end = startOfDateIn(pieces, addDays(date, 1));
    if (startMs !== start || endMs !== end) wrong.push(`${zone} ${date}: ${iso(startMs)}, not ${iso(start)}`);
    else if (startMs < endMs && (businessDateOf(startMs, zone) !== date || businessDateOf(endMs - 1, zone) !== date)) {
      wrong.push(`${zone} ${date}: its first and last instant are ${businessDateOf(startMs, zone)}`);
    }
  }
  return wrong;
}

describe('the start of a business date', () => {
  it.each([
    // The clock goes back at half past midnight, by half an hour: 00:00 comes twice, and the date begins at the first.
    ['2006-04-15', 'Asia/Colombo', '2006-04-14T18:00:00.000Z', 24.5],
    ['2006-04-14', 'Asia/Colombo', '2006-04-13T18:00:00.000Z', 24],
    // At one minute past midnight, by an hour: the end of the day before comes twice, and belongs to the date.
    ['1995-10-29', 'America/St_Johns', '1995-10-29T02:30:00.000Z', 25],
    // From 23:30 to 00:30: the date begins without its midnight.
    ['1919-03-31', 'America/Toronto', '1919-03-31T04:30:00.000Z', 23.5],
    // Left out at the date line.
    ['2011-12-30', 'Pacific/Apia', '2011-12-30T10:00:00.000Z', 0],
    ['1993-08-21', 'Pacific/Kwajalein', '1993-08-21T12:00:00.000Z', 0],
    // Lived twice at the date line.
    ['1969-09-30', 'Pacific/Kwajalein', '1969-09-29T13:00:00.000Z', 47],
    // Local mean time, with seconds.
    ['1900-01-01', 'Asia/Seoul', '1899-12-31T15:32:08.000Z', 24],
    ['2026-11-20', '+09:30', '2026-11-19T14:30:00.000Z', 24],
  ])('%s in %s is %s, for %d hours', (date, zone, start, hours) => {
    const { startMs, endMs } = businessDay(date, zone);
    expect([iso(startMs), (endMs - startMs) / 3_600_000]).toEqual([start, hours]);
  });

  it('is where a walk along the clock finds it, in every zone', () => {
    const zones = isThorough ? [...Intl.supportedValuesOf('timeZone'), ...zoneNames()] : ODD_ZONES;
    expect(zones.flatMap(wrongDates)).toEqual([]);
  }, 3_600_000);
});

describe('names of zones', () => {
  it.each([
    ['asia/seoul', 'Asia/Seoul'],
    ['ROK', 'Asia/Seoul'],
    ['Asia/Calcutta', 'Asia/Kolkata'],
    ['EUROPE/KIEV', 'Europe/Kyiv'],
    ['GMT', 'UTC'],
    ['Etc/UTC', 'UTC'],
    ['etc/gmt-9', 'Etc/GMT-9'],
    ['est5edt', 'EST5EDT'],
    ['+0900', '+09:00'],
    ['-03', '-03:00'],
    ['-00:00', 'UTC'],
  ])('%s is %s', (name, canonical) => {
    expect(requireZone(name)).toBe(canonical);
    expect(isSameZone(name, canonical)).toBe(true);
  });

  it.each([
    'local',
    'system',
    'default',
    'utc+3',
    'Z',
    'IST',
    'JST',
    '',
    'Asia/Soul',
    '+24:00',
    '+09:60',
    'SystemV/AST4',
    ' UTC',
  ])('refuses %j', (name) => {
    expect(() => requireZone(name)).toThrow(/unknown time zone/);
  });

  it('each leads to a zone that Intl knows and that keeps the same time, and every zone of Intl is among them', () => {
    const clock = (zone: string) =>
      new Intl.DateTimeFormat('en', { timeZone: zone, dateStyle: 'short', timeStyle: 'long' });
    const instants = [-2_208_000_000_000, -1_000_000_000_000, -300_000_000_000, 500_000_000_000, 1_780_000_000_000];
    for (const name of zoneNames()) {
      const zone = requireZone(name);
      expect(canonicalZone(zone)).toBe(zone);
      const times = (of: string) =>
        instants.map((at) =>
          clock(of)
            .format(at)
            .replace(/[A-Z]+[^ ]*$/, ''),
        );
      expect([name, times(name)]).toEqual([name, times(zone)]);
    }
    const canonicals = new Set(zoneNames().map((name) => canonicalZone(name)));
    for (const zone of Intl.supportedValuesOf('timeZone')) expect(canonicals).toContain(requireZone(zone));
  });
});
