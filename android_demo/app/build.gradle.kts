plugins {
    alias(libs.plugins.android.application)
}

// toolchain/resources.py has these numbers too.
android {
    namespace = "io.github.tfsqueeze.demo"
    compileSdk = 36

    defaultConfig {
        applicationId = "io.github.tfsqueeze.demo"
        minSdk = 24
        targetSdk = 36
        versionCode = 1
        versionName = "0.1.0"
        ndk { abiFilters += listOf("arm64-v8a", "x86_64") }
    }

    // Models and search indexes are mapped, not read.
    androidResources { noCompress += listOf("tflite", "safetensors") }

    testOptions { unitTests.isIncludeAndroidResources = true }

    // Sample models.
    sourceSets["test"].resources.srcDir("../core/src/test/resources")
}

dependencies {
    implementation(project(":core"))
    implementation(libs.litert)
    implementation(libs.litert.gpu)
    implementation(libs.litert.gpu.api)
    testImplementation(libs.junit)
    testImplementation(libs.robolectric)
}
