// Facilities and the towns around them. Towns are invented; state and ZIP prefix belong together. Some prefixes are of the 17 that the
// safe harbour rule blanks (036, 059, 556, 821, 831, 878, 893 …).
import type { Zone } from './calendar.js'

interface Town {
  city: string
  district: string
  state: string
  zip3: string
  latitude: number
  longitude: number
  share: number
}

export interface FacilityPlace {
  name: string
  code: string
  zone: Zone
  /** how the laboratory and the scales of the house report */
  units: 'us' | 'si'
  /** years before the reference date that its first records have; the last house opened only weeks ago */
  openedYears: number
  share: number
  towns: readonly Town[]
}

const eastern: Zone = { name: 'America/New_York', offset: -300, summer: true }
const central: Zone = { name: 'America/Chicago', offset: -360, summer: true }
const mountain: Zone = { name: 'America/Denver', offset: -420, summer: true }
const pacific: Zone = { name: 'America/Los_Angeles', offset: -480, summer: true }
const arizona: Zone = { name: 'America/Phoenix', offset: -420, summer: false }

const town = (city: string, district: string, state: string, zip3: string, latitude: number, longitude: number, share: number): Town => ({
  city,
  district,
  state,
  zip3,
  latitude,
  longitude,
  share,
})

export const facilityPlaces: readonly FacilityPlace[] = [
  {
    name: 'Northpier Medical Center',
    code: 'NORTHPIER',
    zone: eastern,
    units: 'us',
    openedYears: 9,
    share: 24,
    towns: [
      town('Gullhaven', 'Marlow County', 'MA', '019', 42.61, -70.71, 6),
      town('Wrenfield', 'Marlow County', 'MA', '018', 42.68, -71.16, 3),
      town('Tarn Hollow', 'Coldwater County', 'NH', '036', 43.29, -72.43, 1),
    ],
  },
  {
    name: 'Lakemoor Family Practice',
    code: 'LAKEMOOR',
    zone: eastern,
    units: 'us',
    openedYears: 8,
    share: 18,
    towns: [
      town('Lakemoor', 'Sedgewick County', 'NY', '130', 42.93, -76.61, 6),
      town('Brindle Falls', 'Sedgewick County', 'NY', '148', 42.37, -76.83, 3),
      town('Ashby Notch', 'Fenwood County', 'VT', '059', 44.91, -71.83, 1),
    ],
  },
  {
    name: 'Cedar Hollow Clinic',
    code: 'CEDAR-HOLLOW',
    zone: central,
    units: 'us',
    openedYears: 7,
    share: 16,
    towns: [
      town('Cedar Hollow', 'Pikestaff County', 'MN', '554', 44.92, -93.31, 6),
      town('Loonbay', 'Birchbark County', 'MN', '556', 47.71, -90.43, 1),
      town('Marrow Prairie', 'Pikestaff County', 'MN', '560', 44.12, -93.91, 2),
    ],
  },
  {
    name: 'Mesa Verbena Health',
    code: 'MESA-VERBENA',
    zone: mountain,
    units: 'si',
    openedYears: 7,
    share: 14,
    towns: [
      town('Mesa Verbena', 'Ocotillo County', 'NM', '871', 35.11, -106.58, 6),
      town('Dry Ladder', 'Ocotillo County', 'NM', '878', 34.04, -106.94, 1),
      town('Piñon Bend', 'Tamarisk County', 'NM', '875', 35.71, -105.97, 2),
    ],
  },
  {
    name: 'Harborlight Hospital',
    code: 'HARBORLIGHT',
    zone: pacific,
    units: 'us',
    openedYears: 9,
    share: 15,
    towns: [
      town('Harborlight', 'Sealrock County', 'WA', '981', 47.63, -122.37, 6),
      town('Otter Landing', 'Sealrock County', 'WA', '982', 48.49, -122.61, 3),
      town('Silver Drum', 'Juniper County', 'NV', '893', 39.24, -114.88, 1),
    ],
  },
  {
    name: 'Saguaro Gate Diabetes Center',
    code: 'SAGUARO-GATE',
    zone: arizona,
    units: 'si',
    openedYears: 5,
    share: 9,
    towns: [
      town('Saguaro Gate', 'Copperline County', 'AZ', '857', 32.21, -110.93, 5),
      town('Quail Wash', 'Copperline County', 'AZ', '852', 33.41, -111.81, 3),
      town('Isla Serena', 'San Telmo', 'PR', '009', 18.41, -66.05, 1),
    ],
  },
  {
    name: 'Windlatch Community Clinic',
    code: 'WINDLATCH',
    zone: mountain,
    units: 'us',
    openedYears: 0.25,
    share: 4,
    towns: [
      town('Windlatch', 'Sagebrush County', 'WY', '821', 44.53, -110.44, 1),
      town('Teal Crossing', 'Sagebrush County', 'WY', '831', 42.81, -110.96, 1),
      town('Larkspur Flats', 'Elkhorn County', 'CO', '804', 39.91, -105.69, 3),
    ],
  },
]
