/* What cppcheck cannot find in the system headers it does not read. */
#define json_array_foreach(a, i, v) for ((i) = 0, (v) = 0; (i) < 1; (i)++)
#define json_object_foreach(o, k, v) for ((k) = 0, (v) = 0; (v) != 0;)
