#!/bin/bash
exec node client/web/testing/words.mjs
