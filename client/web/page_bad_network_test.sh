#!/bin/bash
exec node client/web/testing/bad.mjs
