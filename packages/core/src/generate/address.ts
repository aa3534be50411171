// Draws addresses: of the town, of another country now and then, with ZIP+4 and a position for the geolocation extension.
import { streetKinds, streetNames } from './names.js'
import type { FacilityPlace } from './places.js'
import type { Random } from './random.js'
import { rounded } from './shape.js'

export interface PersonAddress {
  lines: readonly string[]
  city: string
  district: string
  state: string
  zip: string
  country: string
  latitude: number
  longitude: number
}

export function drawAddress(random: Random, place: FacilityPlace): PersonAddress {
  const town = random.weigh(place.towns, (one) => one.share)
  const street = `${random.int(2, 2499)} ${random.pick(streetNames)} ${random.pick(streetKinds)}`
  const lines = random.chance(0.22) ? [street, `${random.pick(['Apt', 'Unit', 'Suite'])} ${random.int(1, 48)}${random.mark(1)}`] : [street]
  const plus = random.chance(0.3) ? `-${random.digits(4)}` : ''
  const latitude = rounded(town.latitude + random.between(-0.05, 0.05), 6)
  const longitude = rounded(town.longitude + random.between(-0.05, 0.05), 6)
  if (random.chance(0.015))
    return { lines, city: 'Thornbay', district: 'Gull Regional District', state: 'BC', zip: 'V0Z 9Z9', country: 'CA', latitude, longitude }
  return {
    lines,
    city: town.city,
    district: town.district,
    state: town.state,
    zip: `${town.zip3}${random.digits(2)}${plus}`,
    country: 'US',
    latitude,
    longitude,
  }
}

export function addressText(address: PersonAddress): string {
  return `${address.lines.join(', ')}, ${address.city}, ${address.state} ${address.zip}`
}
