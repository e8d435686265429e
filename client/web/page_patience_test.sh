#!/bin/bash
exec node client/web/testing/patience.mjs
