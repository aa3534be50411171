// A copy of all stores together, and its way back into an empty data folder.
// It never holds the master key, and never puts anything into a folder that holds something.
export { takeBackup } from './take.js'
export { sendFolder, type BucketStores } from './bucket.js'
export { bringBack } from './bring-back.js'
