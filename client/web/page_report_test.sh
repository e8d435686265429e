#!/bin/bash
exec node client/web/testing/report.mjs
