// The live page of `watch` and `demo`: everything there is, for whoever was let in.

import { start } from "./app.js";

start();
