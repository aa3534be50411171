// Twenty-two questions of analysts on masked data, fixed so that figures of two days can be compared.
export const analystQueries: readonly { name: string; sql: string }[] = [
  {
    name: '01 people by sex and decade of birth',
    sql: `SELECT gender, birth_year // 10 * 10 AS decade, count(*) AS n FROM patients GROUP BY ALL ORDER BY ALL`,
  },
  {
    name: '02 observations by code',
    sql: `SELECT code, any_value(code_text) AS text, count(*) AS n, count(DISTINCT patient_key) AS people FROM observations GROUP BY code ORDER BY n DESC`,
  },
  {
    name: '03 one code by year',
    sql: `SELECT effective_year, count(*) AS n, avg(value_number) AS mean, stddev(value_number) AS sd FROM observations WHERE code = '8302-2' GROUP BY ALL ORDER BY ALL`,
  },
  {
    name: '04 quantiles by code',
    sql: `SELECT code, quantile_cont(value_number, [0.05, 0.25, 0.5, 0.75, 0.95]) AS q FROM observations WHERE value_number IS NOT NULL GROUP BY code ORDER BY code`,
  },
  {
    name: '05 systolic pressure by sex',
    sql: `SELECT gender, count(*) AS n, avg(value_number) AS mean FROM observations JOIN patients USING (patient_key) WHERE code = '8480-6' GROUP BY ALL ORDER BY ALL`,
  },
  {
    name: '06 by sex, decade and year',
    sql: `SELECT gender, birth_year // 10 AS decade, effective_year, count(*) AS n, avg(value_number) AS mean FROM observations JOIN patients USING (patient_key) GROUP BY ALL ORDER BY ALL`,
  },
  {
    name: '07 last value of a person and code',
    sql: `SELECT code, count(*) AS n, avg(v) AS mean FROM (SELECT code, patient_key, arg_max(value_number, coalesce(study_day, effective_year)) AS v FROM observations GROUP BY ALL) GROUP BY code ORDER BY code`,
  },
  {
    name: '08 first and last of a person',
    sql: `SELECT code, avg(l - f) AS change FROM (SELECT code, patient_key, arg_min(value_number, effective_year) AS f, arg_max(value_number, effective_year) AS l FROM observations GROUP BY ALL) GROUP BY code ORDER BY code`,
  },
  {
    name: '09 window over a person',
    sql: `SELECT max(r) AS most, avg(r) AS mean FROM (SELECT row_number() OVER (PARTITION BY patient_key, code ORDER BY effective_year) AS r FROM observations)`,
  },
  {
    name: '10 conditions by code',
    sql: `SELECT code, any_value(code_text) AS text, count(DISTINCT patient_key) AS people FROM conditions GROUP BY code ORDER BY people DESC LIMIT 50`,
  },
  {
    name: '11 conditions together',
    sql: `SELECT a.code AS one, b.code AS other, count(DISTINCT a.patient_key) AS people FROM conditions a JOIN conditions b ON a.patient_key = b.patient_key AND a.code < b.code GROUP BY ALL ORDER BY people DESC, one, other LIMIT 50`,
  },
  {
    name: '12 with a condition, without a drug',
    sql: `SELECT count(DISTINCT patient_key) AS people FROM conditions c ANTI JOIN medication_orders USING (patient_key)`,
  },
  {
    name: '13 encounters by class and year',
    sql: `SELECT class, year(start_at) AS y, count(*) AS n FROM encounters GROUP BY ALL ORDER BY ALL`,
  },
  {
    name: '14 encounters of a person',
    sql: `SELECT n, count(*) AS people FROM (SELECT patient_key, count(*) AS n FROM encounters GROUP BY ALL) GROUP BY n ORDER BY n`,
  },
  {
    name: '15 drugs by code',
    sql: `SELECT code, any_value(code_text) AS text, count(*) AS n, count(DISTINCT patient_key) AS people FROM medication_orders GROUP BY code ORDER BY n DESC`,
  },
  {
    name: '16 procedures after a condition',
    sql: `SELECT p.code, count(DISTINCT p.patient_key) AS people FROM procedures p JOIN conditions c USING (patient_key) WHERE p.performed_year >= c.onset_year GROUP BY ALL ORDER BY people DESC LIMIT 50`,
  },
  {
    name: '17 immunizations by vaccine',
    sql: `SELECT vaccine_code, any_value(vaccine_text) AS text, count(*) AS n FROM immunizations GROUP BY ALL ORDER BY n DESC`,
  },
  {
    name: '18 observations of an encounter',
    sql: `SELECT e.class, avg(n) AS mean FROM encounters e JOIN (SELECT encounter_key, count(*) AS n FROM observations GROUP BY ALL) o ON o.encounter_key = e.id GROUP BY ALL ORDER BY ALL`,
  },
  {
    name: '19 correlation of two codes',
    sql: `SELECT corr(h.v, w.v) AS r FROM (SELECT patient_key, avg(value_number) AS v FROM observations WHERE code = '8302-2' GROUP BY ALL) h JOIN (SELECT patient_key, avg(value_number) AS v FROM observations WHERE code = '29463-7' GROUP BY ALL) w USING (patient_key)`,
  },
  {
    name: '20 histogram',
    sql: `SELECT floor(value_number / 5) * 5 AS bin, count(*) AS n FROM observations WHERE code = '29463-7' GROUP BY ALL ORDER BY ALL`,
  },
  {
    name: '21 fill of columns',
    sql: `SELECT count(*) AS n, count(value_number) AS number, count(value_code) AS coded, count(value_text) AS text, count(effective_year) AS dated FROM observations`,
  },
  {
    name: '22 everything of a code',
    sql: `SELECT id, patient_key, value_number, value_unit, effective_year FROM observations WHERE code = '8302-2' ORDER BY id LIMIT 10000`,
  },
]

/** A scan that few rows pass. */
export const filteredScan = `SELECT id, patient_key, code, value_number, effective_year FROM observations WHERE value_number > 150 LIMIT 1000`
/** All that happened to people, a million rows of eight columns as far as there are so many. */
export const wideRows = [
  `SELECT id, patient_key, code, code_text, value_number, value_unit, effective_year AS year, status FROM observations`,
  `SELECT id, patient_key, type_code, type_text, NULL, NULL, start_year, status FROM encounters`,
  `SELECT id, patient_key, vaccine_code, vaccine_text, NULL, NULL, given_year, NULL FROM immunizations`,
  `SELECT id, patient_key, code, code_text, NULL, NULL, performed_year, status FROM procedures`,
  `SELECT id, patient_key, code, code_text, NULL, NULL, onset_year, clinical_status FROM conditions`,
  `SELECT id, patient_key, code, code_text, quantity, NULL, written_year, status FROM medication_orders`,
].join(' UNION ALL ')
/** Runs until it is stopped: the engine hears of it between two pieces of work. */
export const longStatement = `SELECT count(*) FROM range(100000000) a, range(100000) b WHERE a.range % 7 = b.range % 5`
/** One piece of work of many seconds, in which the engine hears nothing. */
export const deafStatement = `SELECT levenshtein(repeat('a', 300000), repeat('b', 300000))`
