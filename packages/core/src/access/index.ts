// What each role may do, decided from the caller's grant alone: deny by default.
// Never reads a store and never asks for consent: that comes after access passed.
export { isRole, roles } from './roles.js'
export type { Role } from './roles.js'
