#!/bin/bash
exec node client/web/testing/two.mjs
