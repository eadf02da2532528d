// What is fetched after the first decode.

import './chance.ts'
