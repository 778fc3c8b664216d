/** From the first year that an order can be of, to the last. */
export const ALL_DAYS = { startDate: '1900-01-01', endDate: '9999-12-31' } as const;

/**
 * SQL for the moment at which a day begins in a time zone, both given as SQL. Where clocks are set back over midnight
 * (Azores, Havana) that day has 0:00 twice and begins with the first, while Postgres takes the second for it.
 */
export const dayStart = (day: string, zone: string): string => {
  const midnight = `${day}::date::timestamp`;
  const later = `(${midnight} AT TIME ZONE ${zone})`;
  const earlier = `(${later} - interval '1 hour')`;
  return `CASE WHEN ${earlier} AT TIME ZONE ${zone} = ${midnight} THEN ${earlier} ELSE ${later} END`;
};
